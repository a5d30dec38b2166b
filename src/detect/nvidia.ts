import type {LinkMatrix, SeenAccelerator} from './machine.ts'
import {amountOf} from './sections.ts'

const BYTES_PER_MIB = 2 ** 20

/** `nvidia-smi --query-gpu=index,…,name --format=csv,nounits`. The name is asked for last, so that a comma in it moves no other column. */
export function readNvidia(text: string): readonly SeenAccelerator[] {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith('index,'))
  if (start < 0) return []
  // "memory.total [MiB]", "power.limit [W]": the unit stays in the header.
  const columns = lines[start]!.split(',').map((column) => column.trim().replace(/ \[.*\]$/, ''))
  return lines.slice(start + 1).flatMap((line) => {
    const values = line.split(', ')
    if (values.length < columns.length || amountOf(values[0]) === undefined) return []
    const text = (column: string): string | undefined => (columns.includes(column) ? values[columns.indexOf(column)] : undefined)
    const number = (column: string): number | undefined => amountOf(text(column))
    const [memoryMib, busy] = [number('memory.total'), number('utilization.gpu')]
    return [{
      name: values.slice(columns.length - 1).join(', ').trim(),
      memoryBytes: memoryMib === undefined ? undefined : memoryMib * BYTES_PER_MIB,
      limitWatts: number('power.limit'),
      defaultLimitWatts: number('power.default_limit'),
      maximumLimitWatts: number('power.max_limit'),
      watts: number('power.draw'),
      busyShare: busy === undefined ? undefined : busy / 100,
      pcieGeneration: number('pcie.link.gen.max'),
      pcieLanes: number('pcie.link.width.max'),
      mig: text('mig.mode.current')?.trim() === 'Enabled',
    }]
  })
}

/** `nvidia-smi topo -m`: the columns of GPUs, without those of network cards and affinities. Some drivers underline the header. */
export function readTopology(text: string, count: number): LinkMatrix | undefined {
  // oxlint-disable-next-line no-control-regex -- these are what underlines it
  const lines = text.replaceAll(/\u001b\[[0-9;]*m/g, '').split('\n').map((line) => line.trim().split(/\s+/))
  const header = lines.find(([first, second]) => first === 'GPU0' && (second === undefined || !/^X$/.test(second)))
  const gpus = header?.filter((word) => /^GPU\d+$/.test(word)) ?? []
  if (gpus.length !== count) return undefined
  const rows = gpus.map((gpu) => lines.find(([first, ...rest]) => first === gpu && rest.length >= gpus.length && rest.includes('X'))?.slice(1, gpus.length + 1))
  const known = rows.filter((row) => row !== undefined)
  return known.length === count && known.every((row) => row.every((code) => /^(?:X|NV\d+|PIX|PXB|PHB|NODE|SYS|SOC)$/.test(code))) ? known : undefined
}
