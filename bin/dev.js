#!/usr/bin/env node
// rigor from src/, no build step: Node 24 strips the types itself.
import {start} from '../src/main.ts'

await start(process.argv.slice(2))
