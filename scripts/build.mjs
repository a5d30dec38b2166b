// `npm run build`, and before `npm pack`: installs and builds if anything has changed.
import {main, prepare} from './setup.mjs'

await main(() => prepare())
