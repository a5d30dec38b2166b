/** What is said in docs/data-sources.md of a file of data/, or of a folder of files alike. */
export interface DataFile {
  /** Below data/. */
  readonly pattern: string
  readonly title: string
  readonly text: string
  /** Columns whose name does not say enough. */
  readonly columns?: Readonly<Record<string, string>>
}

const IMPORT = 'Made by `scripts/import/parts/'

export const DATA_FILES: readonly DataFile[] = [
  {
    pattern: 'accelerators.csv',
    title: 'Accelerators',
    text: `${IMPORT}accelerators.ts\`. One row per part: an H100 exists as SXM, PCIe and NVL, and these are different rows.`,
    columns: {
      id: 'lower case, form factor and memory in it: `h100-sxm-80gb`',
      aliases: 'other names that lead to it, joined by `|`',
      architecture: 'the word that `software.csv` and `calibration.json` use',
      memoryGib: 'what software sees, not what the box says',
      bf16Tflops: 'dense peak, as all rates here; data sheets often print twice that for sparse matrices',
      sustainedBf16Tflops: 'best matrix multiplication that somebody sustained, where known',
      linkGbPerSecond: 'gigabytes per second to other accelerators, one direction',
      priceUsd: 'of the card, for orientation; no estimate uses it',
    },
  },
  {
    pattern: 'devices.csv',
    title: 'Devices with a partial data sheet',
    text: `${IMPORT}devices.ts\` from \`scripts/import/found/devices.csv\`. Older, smaller and mobile accelerators, and processors, of which memory, bandwidth and vector rates are known. Where one of the same generation and product line is in \`accelerators.csv\`, its ratio of matmul to vector rates gives those of the row, which then stands with the others; the rest take part as bare hardware in kinds of work that read no more.`,
    columns: {multiprocessors: 'of processors their cores', pcieGeneration: 'of the architecture, from memory'},
  },
  {
    pattern: 'mig-profiles.csv',
    title: 'Slices of accelerators',
    text: `${IMPORT}mig-profiles.ts\`. What each MIG profile has of its accelerator, and where it may be placed.`,
    columns: {multiprocessors: 'of the slice; empty = not published', starts: 'memory slices at which one may begin', placementSize: 'memory slices that it takes'},
  },
  {
    pattern: 'audio-models.csv',
    title: 'Models of speech and sound',
    text: `${IMPORT}audio-models.ts\` from \`scripts/import/found/audio-models.csv\`. Shapes, from which work and memory are counted.`,
    columns: {makes: '`text` or `sound`', encoderFramesPerSecond: 'positions in a second of audio, after what the first layers join', windowSeconds: 'heard in one piece, whatever the recording; empty = any length', stepsPerSecond: 'of the decoder; empty = as many as what is said has tokens'},
  },
  {
    pattern: 'processors.csv',
    title: 'Processors of machines',
    text: `${IMPORT}processors.ts\` from \`scripts/import/found/processors.csv\`. What the processors of machines without an accelerator have; of two rows that fit a machine the first counts. Models that a provider does not tell apart ("Emerald Rapids or Granite Rapids") have no row, and their machines take no part.`,
    columns: {releaseYear: 'of its design, from memory', instances: 'glob of the machines it is of', threadsPerCore: 'vCPUs of a core', memoryGbPerSecond: 'of one socket', fp32GflopsPerCore: 'at its base clock'},
  },
  {
    pattern: 'network-models.csv',
    title: 'Networks that see or read',
    text: `${IMPORT}network-models.ts\` from \`scripts/import/found/network-models.csv\`. FLOP are of one forward pass at \`reference\`, 2 for a multiply-add; sources that count multiply-adds are doubled. Texts have none: theirs follow from layers and widths.`,
    columns: {
      task: 'what its heads say', gflop: 'of one pass at `reference`', activationsMillion: 'values that its layers write in that pass; empty = not published', reference: 'pixels a side, height × width, voxels, or tokens',
      layers: 'convolutions and dense layers; of transformers their blocks', patch: 'pixels a side that make one token',
    },
  },
  {
    pattern: 'stream-bandwidth.csv',
    title: 'Bandwidth of plain streams',
    text: `${IMPORT}streams.ts\` from \`scripts/import/found/stream-bandwidth.csv\`. What benchmarks reach of the printed memory bandwidth; estimates start from the median of a family.`,
    columns: {sort: 'of the memory; of processors their maker'},
  },
  {
    pattern: 'media-models.csv',
    title: 'Models of images and clips',
    text: `${IMPORT}media-models.ts\` from the facts and, for the shapes, \`scripts/import/found/media-models.csv\`.`,
    columns: {
      coreParameters: 'of the denoiser, all copies of it', coreCopies: 'denoisers of which one works at a time', auxiliaryParameters: 'of text encoders and decoder', guidancePasses: 'passes of the denoiser in a step',
      width: 'pixels it was made for; those of a U-Net\'s FLOP', latentScale: 'pixels along an edge of one latent', latentFrames: 'frames of one latent', patch: 'latents along an edge of one token', framePatch: 'latents in time of one token',
      unetElements: 'values that the blocks of a U-Net hand on in one pass', decoderFlopsPerPixel: 'counted from the channels of its convolutions', shapeSourceId: 'where the shape is from; `sourceId` is of parameters, steps and passes',
    },
  },
  {
    pattern: 'machines/*.csv',
    title: 'Machines',
    text: `${IMPORT}machines.ts\`, one file per provider. A machine has no price here.`,
    columns: {
      acceleratorCount: '0 without; a fraction where a machine holds a slice of one',
      networkGbps: 'gigabits per second of the whole machine; empty = unknown, and then several of them are refused',
      rdma: '`none`, `unknown`, `efa`, `infiniband`, `roce`, `gpudirect-tcpx` or `ici`',
      intraNodeLink: 'how its accelerators are joined; `unknown` leads to a refusal where it would matter',
      slice: '`yes` for a TPU slice, which counts as one machine',
    },
  },
  {
    pattern: 'offers/*.csv',
    title: 'Offers',
    text: `${IMPORT}offers.ts\` and \`scripts/import/extra-offers.ts\`, one file per provider. One row is a machine, a service, a way to buy, a price and a date; every place that has this price stands in one cell.`,
    columns: {
      service: '`vm`, or a managed service: `vertex-ai`, `sagemaker`, `azure-ml`, `kubernetes`',
      purchase: 'how it is bought: see `rigor explain purchase`',
      priceUsdPerHour: 'of the whole machine, its accelerators included',
      places: '`region` or `region:zone+zone`, joined by `|`',
      flags: 'why it may not win: `from-price`, `unverified`, `marketplace`, `unit-price`, joined by `+`',
    },
  },
  {pattern: 'regions.csv', title: 'Regions', text: `${IMPORT}offers.ts\` from \`scripts/import/region-locations.ts\`. Where each region is. A label that is no one region ("global") has no row, and such an offer fails \`regions\` and \`dataResidency\`.`},
  {
    pattern: 'billing.csv',
    title: 'Billing rules',
    text: `${IMPORT}billing.ts\`. Steps in which time is billed, minimum and maximum terms, the price of a public address, and the time until a machine is usable.`,
    columns: {
      purchase: 'empty = all that have no row of their own',
      provisioningSeconds: 'from the request to a usable machine; from memory, as the source says',
      provisioningSecondsLarge: 'the same for machines with eight accelerators',
    },
  },
  {
    pattern: 'extras.csv',
    title: 'Storage and traffic',
    text: `${IMPORT}extras.ts\`. Disks, object and file storage, egress. Tiers of one item ascend; a free tier has its own row of 0.`,
    columns: {upToGb: 'upper end of the tier, in GB of 1e9 bytes; empty = no end', period: '`month` for storage, `once` for traffic'},
  },
  {
    pattern: 'interruptions.csv',
    title: 'Interruptions of spot machines',
    text: `${IMPORT}interruptions.ts\`. Bands as AWS publishes them.`,
    columns: {lowShare: 'share of running machines that are taken away within a month, lower end of the band', highShare: 'upper end; the highest band is open'},
  },
  {pattern: 'models.csv', title: 'Language models', text: `${IMPORT}models.ts\`. The shape of each model: what the formulas for memory and work need.`, columns: {activeParameters: 'parameters that one token passes through', nativeDtype: 'number format of the published weights'}},
  {pattern: 'models-left-out.csv', title: 'Models left out', text: `${IMPORT}models.ts\`. Models of which something is missing that cannot be guessed.`},
  {
    pattern: 'software.csv',
    title: 'Software support',
    text: `${IMPORT}software.ts\`. What really runs: runtime × architecture × kind × precision. What has no row that says \`yes\` or \`partial\` is refused.`,
    columns: {kinds: 'kinds of workload, joined by `|`', status: '`yes`, `partial` or `no`; the note of a `no` becomes the text of the refusal'},
  },
  {pattern: 'runtimes.csv', title: 'Runtimes', text: `${IMPORT}runtimes.ts\`. What a runtime keeps for itself and how long it takes to come up. \`any\` stands in where a runtime has no fact of its own, and the note says so.`},
  {
    pattern: 'calibration.json',
    title: 'Calibration',
    text: 'Made by `scripts/calibrate/llm-inference.ts`, `scripts/calibrate/llm-training.ts` and `scripts/calibrate/power.ts` from the measurements below. Factors by which real hardware stays behind the formulas.',
  },
  {
    pattern: 'measured/*.csv',
    title: 'Published measurements',
    text: `${IMPORT}measured.ts\`. Results that others published, in their own units. The estimates are fitted to these and scored on these (\`rigor accuracy\`, [accuracy.md](accuracy.md)).`,
    columns: {metric: 'what was measured; `fits` is 1 or 0', scope: 'what it was measured over: one accelerator, a node, the whole system', date: 'of the publication'},
  },
  {pattern: 'measured/*.json', title: 'Made from the measurements', text: '`accuracy-record.json` is written by `scripts/accuracy-record.ts`: where the accuracy stands, for the test that it does not get worse. `held-out.json` is written by `scripts/calibrate/`: factors fitted without some models, accelerators or sources, for figures that are out of sample.'},
  {pattern: 'measured/scope.yaml', title: 'Scope of the accuracy command', text: 'Written by hand. Which published results no estimate is held against, and why; [decision 9](decisions/0009-accuracy.md).'},
  {
    pattern: 'measured-power-limits.csv',
    title: 'Speeds under lower power limits',
    text: 'Made by `scripts/import/parts/power-limits.ts` from published sweeps (`scripts/import/found/`). [rig.md](rig.md#power-limits) says what becomes of them.',
    columns: {
      work: 'what was run; the test names the nearest that the catalog has',
      ownLimitWatts: 'limit against which the speed is told: that the board is sold with',
      speedShare: 'speed ÷ that at `ownLimitWatts`',
      drawWatts: 'mean of the board meanwhile',
      coreMhz: 'its core clock, where it was published',
    },
  },
  {pattern: 'energy/tariffs.csv', title: 'Electricity tariffs', text: `${IMPORT}energy.ts\`. By country and sector.`},
  {pattern: 'energy/carbon.csv', title: 'Grid carbon', text: `${IMPORT}energy.ts\`. Estimates use the country's lifecycle factor; generation-only factors of single regions are kept beside and never ranked.`, columns: {scope: 'a provider, or `country`', basis: '`lifecycle` or `generation`'}},
  {pattern: 'energy/pue.csv', title: 'Overhead of data centres', text: `${IMPORT}energy.ts\`. Facility watts ÷ IT watts; \`*\` is the survey's mean, used where a provider publishes none.`},
  {pattern: 'energy/fx.csv', title: 'Exchange rates', text: `${IMPORT}energy.ts\`. Units of a currency for one USD: newest monthly mean.`},
  {pattern: 'facility.csv', title: 'Facility constants', text: `${IMPORT}facility.ts\`. Single figures by key: cooling, supplies, failures, lifetimes, room. The unit stands beside each. Rows \`lowest_power_limit_…\` (the least that a board may be limited to) come from \`scripts/import/found/\`.`},
  {pattern: 'servers.csv', title: 'Servers', text: `${IMPORT}servers.ts\`. Machines that can be bought. The rigs below and the host watts of clouds are derived from them; watts are at the wall.`},
  {pattern: 'rigs/*.yaml', title: 'Rigs', text: 'Written by hand from `servers.csv` and `facility.csv`; each line says where its figure comes from, or that it is an assumption. Fields: [rig.schema.json](schemas/rig.schema.json).'},
  {pattern: 'labels.csv', title: 'Labels', text: 'Written by hand. The words of the raw facts and of measurements → the ids used here. The import stops at a label that is not in it.'},
  {pattern: 'gaps.csv', title: 'Gaps', text: 'Made by `scripts/import/gaps.ts` in every import: what was left out, and why.'},
  {pattern: 'sources.csv', title: 'Sources', text: 'Made by `scripts/import/sources.ts`. Each row of every other file names one of these by its id.', columns: {licence: 'only where the licence file of the source was read'}},
  {pattern: 'SOURCES.md', title: 'Credits', text: 'The same sources for people. Made together with `sources.csv`.'},
]
