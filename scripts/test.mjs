// `npm test [-- FILE…]`: sets up what is missing, then runs the tests under the Node that rigor runs on.
import path from 'node:path'
import {ROOT, endLike, main, nodeBinary, prepare, run} from './setup.mjs'

await main(async () => {
  await prepare()
  const vitest = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
  endLike(await run(nodeBinary(), [vitest, 'run', ...process.argv.slice(2)], {cwd: ROOT}))
})
