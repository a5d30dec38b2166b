/**
 * The single place that says which architecture an accelerator has. The slugs key `data/software.csv`,
 * `data/accelerators.csv` and `data/calibration.json`; `data/labels.csv` maps the facts' own labels to them.
 */
const MEMBERS = {
  kepler: ['k80-12gb'],
  maxwell: ['m60-8gb', 'quadro-m4000-8gb'],
  pascal: ['p100-pcie-16gb', 'p100-sxm2-16gb', 'p40-24gb', 'p4-8gb', 'quadro-p4000-8gb', 'quadro-p5000-16gb', 'quadro-p6000-24gb'],
  volta: ['v100-sxm2-16gb', 'v100-sxm2-32gb', 'v100-pcie-16gb', 'v100-pcie-32gb'],
  turing: ['t4-16gb', 'quadro-rtx-4000-8gb', 'quadro-rtx-5000-16gb', 'quadro-rtx-6000-24gb', 'quadro-rtx-8000-48gb'],
  ampere: [
    'a100-sxm-80gb', 'a100-sxm-40gb', 'a100-pcie-80gb', 'a100-pcie-40gb', 'a30-24gb', 'a10-24gb', 'a10g-24gb', 'a40-48gb',
    'rtx-a6000-48gb', 'rtx-a5000-24gb', 'rtx-a4500-20gb', 'rtx-a4000-16gb', 'rtx-a2000-6gb',
    'rtx-3070-8gb', 'rtx-3080-10gb', 'rtx-3080-ti-12gb', 'rtx-3090-24gb',
  ],
  ada: [
    'l4-24gb', 'l40-48gb', 'l40s-48gb', 'rtx-6000-ada-48gb', 'rtx-5000-ada-32gb', 'rtx-4000-ada-20gb', 'rtx-4000-sff-ada-20gb',
    'rtx-2000-ada-16gb', 'rtx-4070-ti-12gb', 'rtx-4080-16gb', 'rtx-4080-super-16gb', 'rtx-4090-24gb', 'rtx-4070-laptop-8gb', 'rtx-4090-laptop-16gb',
  ],
  hopper: ['h100-sxm-80gb', 'h100-pcie-80gb', 'h100-nvl-94gb', 'h200-sxm-141gb', 'h200-nvl-141gb', 'h20-96gb', 'gh200-96gb', 'gh200-144gb'],
  'blackwell-datacenter': ['b200-sxm-180gb', 'b300-sxm-288gb', 'gb200-186gb', 'gb300-288gb'],
  'blackwell-workstation': [
    'rtx-pro-6000-blackwell-ws-96gb', 'rtx-pro-6000-blackwell-maxq-96gb', 'rtx-pro-6000-blackwell-server-96gb', 'rtx-pro-5000-blackwell-48gb',
    'rtx-pro-4500-blackwell-32gb', 'rtx-pro-4000-blackwell-24gb', 'rtx-5080-16gb', 'rtx-5090-32gb', 'rtx-5090-laptop-24gb', 'gb10-128gb',
  ],
  // The support table keeps one column for CDNA1 and everything older; the Pro V520 (RDNA1) is named in it.
  gcn: ['radeon-mi25-16gb', 'radeon-pro-v520-8gb'],
  cdna2: ['mi250x-128gb'],
  cdna3: ['mi300x-192gb', 'mi325x-256gb'],
  cdna4: ['mi350x-288gb', 'mi355x-288gb'],
  rdna3: ['rx-7900-xtx-24gb', 'radeon-pro-v710-28gb'],
  'tpu-v2': ['tpu-v2'],
  'tpu-v3': ['tpu-v3'],
  'tpu-v4': ['tpu-v4'],
  'tpu-v5e': ['tpu-v5e'],
  'tpu-v5p': ['tpu-v5p'],
  'tpu-v6e': ['tpu-v6e'],
  'tpu-v7': ['tpu-v7'],
  inferentia1: ['inferentia1-8gb'],
  inferentia2: ['inferentia2-32gb'],
  trainium1: ['trainium1-32gb'],
  trainium2: ['trainium2-96gb'],
  trainium3: ['trainium3-144gb'],
  gaudi1: ['gaudi1-32gb'],
  gaudi2: ['gaudi2-96gb'],
  gaudi3: ['gaudi3-128gb'],
  apple: ['apple-m2-max', 'apple-m2-ultra', 'apple-m3-max', 'apple-m3-ultra', 'apple-m4-max', 'apple-m5-max', 'apple-m5-ultra'],
  cpu: [],
  // No row in the support table: nothing is known to run on it, so it is refused.
  'cloud-ai-100': ['qualcomm-ai100-16gb'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export const ARCHITECTURES: readonly string[] = Object.keys(MEMBERS)

/** Families that only parts of a partial data sheet belong to (data/devices.csv). */
export const DEVICE_ARCHITECTURES: readonly string[] = ['tesla', 'fermi', 'terascale', 'gcn1', 'vega', 'rdna1', 'rdna2', 'rdna4', 'cdna1', 'intel-gen', 'xe-lp', 'xe-hpg', 'xe2', 'xe-hpc']

const ARCHITECTURE_BY_ACCELERATOR: ReadonlyMap<string, string> = new Map(
  Object.entries(MEMBERS).flatMap(([architecture, accelerators]) => accelerators.map(accelerator => [accelerator, architecture] as const)),
)

/** `h100-sxm-80gb` → `hopper`. An accelerator that is not in the table is an error of the import. */
export function architectureOf(acceleratorId: string): string {
  const architecture = ARCHITECTURE_BY_ACCELERATOR.get(acceleratorId)
  if (architecture === undefined) throw new Error(`${acceleratorId} has no architecture: add it to scripts/import/architectures.ts`)
  return architecture
}
