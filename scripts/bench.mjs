// `npm run bench`: sets up what is missing, then measures.
import path from 'node:path'
import {ROOT, endLike, main, nodeBinary, prepare, run} from './setup.mjs'

await main(async () => {
  await prepare()
  endLike(await run(nodeBinary(), [path.join(ROOT, 'bench', 'bench.ts'), ...process.argv.slice(2)], {cwd: ROOT}))
})
