// Loaded before rigor by the bench: tells the peak memory of the process on file descriptor 3 when it ends.
import fs from 'node:fs'

process.on('exit', () => fs.writeSync(3, String(process.resourceUsage().maxRSS)))
