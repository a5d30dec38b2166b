// `npm -s start -- plan …`: sets up what is missing, then is rigor: same arguments, folder, terminal, exit code and signals.
import path from 'node:path'
import {pathToFileURL} from 'node:url'
import {ROOT, endLike, main, nodeBinary, prepare, run, userFolder} from './setup.mjs'

await main(async () => {
  await prepare()
  const program = path.join(ROOT, 'bin', 'run.js')
  const folder = userFolder()
  if (Number(process.versions.node.split('.')[0]) >= 24) {
    // The Node in use will do: no second process.
    process.chdir(folder)
    process.argv[1] = program
    await import(pathToFileURL(program).href)
    return
  }
  endLike(await run(nodeBinary(), [program, ...process.argv.slice(2)], {cwd: folder}))
})
