import type {Accelerator} from '../catalog/schema.ts'

/** Words of a label that say nothing about which part it is. */
const FILLER: ReadonlySet<string> = new Set(['nvidia', 'amd', 'intel', 'google', 'aws', 'apple', 'geforce', 'instinct', 'gpu', 'grace', 'superchip', 'chip', 'edition', 'trillium', 'ironwood', 'nvl72', 'hbm2', 'hbm2e', 'hbm3', 'hbm3e', 'generation', 'core'])
/** Words that make it another part: they have to stand on both sides or on neither. */
const DECISIVE: ReadonlySet<string> = new Set(['ti', 'super', 'laptop', 'mobile', 'sff', 'maxq', 'max', 'ultra', 'pro', 'nvl', 'pcie', 'sxm', 'sxm2', 'ada', 'ws', 'server'])
const SPELLINGS: Readonly<Record<string, string>> = {v7x: 'v7', tpu7x: 'tpu', lovelace: 'ada', workstation: 'ws', sxm4: 'sxm', sxm5: 'sxm', 'max-q': 'maxq'}

const MEMORY = /^(\d+(?:\.\d+)?)(?:gb|gib|g)$/

interface Label {
  readonly words: ReadonlySet<string>
  readonly memoryGb: number | undefined
  /** Apple sells a chip with several counts of cores. */
  readonly cores: string | undefined
}

function read(text: string): Label {
  const words = new Set<string>()
  let memoryGb: number | undefined
  let cores: string | undefined
  for (const raw of text.toLowerCase().replaceAll(/\(r\)|\(tm\)|[()[\]]/g, ' ').replaceAll('max-q', 'maxq').split(/[\s_/-]+/)) {
    const word = SPELLINGS[raw] ?? raw
    const memory = MEMORY.exec(word)
    if (memory) memoryGb = Number(memory[1])
    else if (/^\d+core$/.test(word)) cores = word
    else if (word !== '' && !FILLER.has(word) && word !== 'hopper' && word !== 'blackwell') words.add(word)
  }
  return {words, memoryGb, cores}
}

/** The accelerator whose id, name or alias a label is, letter for letter (in any case). */
export function acceleratorWithName(label: string, accelerators: readonly Accelerator[]): Accelerator | undefined {
  let known = names.get(accelerators)
  if (known === undefined) {
    known = new Map()
    // Later ones do not displace earlier ones: whole data sheets come first.
    for (const accelerator of accelerators) for (const name of [accelerator.id, accelerator.name, ...accelerator.aliases]) if (!known.has(name.toLowerCase())) known.set(name.toLowerCase(), accelerator)
    names.set(accelerators, known)
  }
  return known.get(label.toLowerCase())
}
const names = new WeakMap<readonly Accelerator[], Map<string, Accelerator>>()

/** Thousands of rows share a few dozen labels, and a label is held against every part of the catalog. */
const matches = new WeakMap<readonly Accelerator[], Map<string, Accelerator | undefined>>()

/**
 * The accelerator that a published result names: every word of a catalog id stands in the label, none that makes it another
 * part is left over, and the memory agrees where both say it. `undefined` = none, or more than one equally well.
 */
export function matchAccelerator(label: string, accelerators: readonly Accelerator[]): Accelerator | undefined {
  let known = matches.get(accelerators)
  if (known === undefined) matches.set(accelerators, (known = new Map()))
  if (!known.has(label)) known.set(label, bestMatch(label, accelerators))
  return known.get(label)
}

function bestMatch(label: string, accelerators: readonly Accelerator[]): Accelerator | undefined {
  if (label.includes(',')) return undefined
  const wanted = read(label)
  let best: Accelerator | undefined
  let bestScore = 0
  let tied = false
  for (const accelerator of accelerators) {
    const own = read(accelerator.id)
    let matched = true
    for (const word of own.words) if (!wanted.words.has(word)) matched = false
    if (!matched || own.words.size === 0) continue
    let left = 0
    for (const word of wanted.words) {
      if (own.words.has(word)) continue
      if (DECISIVE.has(word)) matched = false
      left++
    }
    if (!matched) continue
    const sameMemory = wanted.memoryGb === undefined || own.memoryGb === undefined ? 0 : Math.abs(wanted.memoryGb - own.memoryGb) <= own.memoryGb * 0.04 ? 1 : -1
    // Apple sells one chip with several memory sizes: the row names the chip.
    if (sameMemory < 0 && accelerator.vendor !== 'apple') continue
    // One that is listed without its cores is the usual one.
    const score = own.words.size * 10 + sameMemory - left * 0.1 - (own.cores === wanted.cores ? 0 : own.cores === undefined ? 0.5 : 2)
    if (score > bestScore) [best, bestScore, tied] = [accelerator, score, false]
    else if (score === bestScore) tied = true
  }
  return tied ? undefined : best
}

const GIB = 2 ** 30
/** The driver keeps some of the memory for itself; a part of half the size it is not. */
const MEMORY_TOLERANCE = 0.12
/** Words of drivers that tell no two parts apart. */
const DRIVER_WORDS: ReadonlySet<string> = new Set(['tesla', 'oam', 'sxm3', 'sxm6', 'ac', 'ws'])
const MEMORY_TYPE = /\b(?:HBM|GDDR|LPDDR)\d\w*/i

/**
 * The accelerator that a driver's name and memory mean; `undefined` = none of the catalog, or several. NVIDIA's drivers do not say SXM where a part exists
 * in that form first: "NVIDIA H100 80GB HBM3". A word that no part of the catalog has makes it another one: the RTX 4090 D is no RTX 4090.
 */
export function acceleratorOfDriver(name: string, memoryBytes: number | undefined, accelerators: readonly Accelerator[]): Accelerator | undefined {
  const memoryType = MEMORY_TYPE.exec(name)?.[0].toLowerCase()
  const fits = ({memoryGib, memoryType: own}: Accelerator): boolean =>
    (memoryBytes === undefined || Math.abs(memoryBytes / GIB / memoryGib - 1) <= MEMORY_TOLERANCE) && (memoryType === undefined || own === undefined || own.toLowerCase().split(' ').includes(memoryType))
  const ofSize = accelerators.filter(fits)
  // "Max-Q Workstation Edition" is the Max-Q part, "Workstation Edition" another; a superchip is named by the memory of its processor: "NVIDIA GH200 480GB".
  const plain = /max-?q/i.test(name) ? name.replace(/workstation edition/i, '') : name
  const found = matchAccelerator(plain, ofSize) ?? matchAccelerator(`${plain} SXM`, ofSize) ?? matchAccelerator(plain.replaceAll(/\b\d+ ?GB?\b/gi, ''), ofSize)
  if (found === undefined) return undefined
  const known = new Set([found.id, found.name, ...found.aliases].flatMap((each) => [...read(each).words]))
  return [...read(plain).words].every((word) => known.has(word) || DRIVER_WORDS.has(word)) ? found : undefined
}
