/** One term that rigor's output uses, explained for somebody who meets it for the first time. */
export interface Topic {
  readonly id: string
  readonly aliases?: readonly string[]
  /** One sentence. */
  readonly summary: string
  readonly text: string
  /** Ids of related topics. */
  readonly see?: readonly string[]
}

/** Every term of `rigor explain`, in the order of its list: the words of the answer first, then physics, money and power. */
export const TOPICS: readonly Topic[] = [
  // — the words of the answer —
  {
    id: 'workload',
    summary: 'What you want done: a kind and its fields, in a YAML or JSON file.',
    text: 'A workload says what is to be done, not where: its kind (such as llm-inference), the fields of that kind (model, traffic, tokens, …), and what all kinds share: constraints, objective, schedule, data, precision. `rigor kinds show KIND --example` prints one to start from, `--schema` its JSON Schema.',
    see: ['kind', 'objective', 'schedule', 'target'],
  },
  {
    id: 'kind',
    summary: 'The sort of workload; it decides the fields, the estimator and the unit of throughput.',
    text: '`rigor kinds list` shows them. The kind `generic` is for everything that has no estimator of its own: give its FLOPs and bytes, or a measured reference ("it took 3 h on one A100").',
    see: ['workload', 'reference'],
  },
  {
    id: 'accelerator',
    aliases: ['gpu', 'tpu'],
    summary: 'A GPU or TPU model with its exact name, such as h100-sxm-80gb.',
    text: 'Names are exact because the parts differ: an H100 exists as SXM, PCIe and NVL, with 80, 94 or 96 GB. "h100" alone is therefore not a name; rigor lists the choices. `rigor hardware list` shows all, with memory, bandwidth and dense peak rates.',
    see: ['machine', 'precision', 'roofline'],
  },
  {
    id: 'mig',
    aliases: ['mig-profile', 'slice'],
    summary: 'A slice of an accelerator with multiprocessors, memory and bandwidth of its own (NVIDIA Multi-Instance GPU).',
    text: 'Any workload may say `configuration: {migProfile: 1g.10gb}`: it is then estimated on one such slice, and takes up its part of one accelerator; the answer says how many like it an accelerator, and the whole machine, hold. Profiles differ by accelerator (data/mig-profiles.csv); slices do not talk to each other, so a job has one. A rented machine is billed whole all the same.',
    see: ['accelerator', 'configuration'],
  },
  {
    id: 'partial-data-sheet',
    aliases: ['device'],
    summary: 'An accelerator of which the catalog knows memory, bandwidth and vector rates, and not the rest.',
    text: 'Some five hundred older, smaller and mobile ones, and processors, are in the catalog because others measured something on them. As bare hardware they take part in kinds of work that read no more than that (`rigor estimate examples/cfd-drone.yaml --on rtx-3060-12gb`); all other kinds refuse them, since unknown rates are not zero. `rigor hardware list --partial` shows them.',
    see: ['accelerator', 'kind'],
  },
  {
    id: 'environment',
    aliases: ['simulator', 'environment-step'],
    summary: 'What a policy acts in, in reinforcement learning: one robot, one game. A step is one action and what follows.',
    text: 'Thousands are stepped at once on an accelerator, or one on each thread of a processor. Steps are counted over all of them: 4,096 environments that each take a step are 4,096 steps. Frames of an emulator and steps of a physics engine are smaller: an Atari step is four frames. docs/models/reinforcement-learning.md lists those that rigor knows; one of your own is said by what a step costs.',
    see: ['kind', 'accelerator'],
  },
  {
    id: 'machine',
    aliases: ['instance', 'node'],
    summary: 'A node type: accelerators, host and links, such as p5.48xlarge or one node of a rig.',
    text: 'Machines are taken whole: whoever needs three of eight accelerators pays for eight. A TPU slice counts as one machine.',
    see: ['offer', 'rig', 'topology'],
  },
  {
    id: 'offer',
    summary: 'A machine that can be had at a price: provider, service, region, purchase, price, date and source.',
    text: 'One machine has many offers: by region, and by how it is bought. `rigor catalog list` filters them; `rigor catalog show TARGET` shows one machine\'s, with the source of each price.',
    see: ['purchase', 'stale', 'snapshot'],
  },
  {
    id: 'rig',
    summary: 'Machines that you own or plan to buy, with site, electricity tariff, cooling and purchase price.',
    text: 'Without `rigs:` in rigor.yaml, the built-in ten-H100 rig is assumed to be yours and the answer says so; `rigs: {}` leaves it out. With `rigs:`, exactly those take part. An owned rig is ranked by its marginal cost, a planned one by its full cost; the other figure stands beside it.',
    see: ['marginal-cost', 'full-cost', 'target'],
  },
  {
    id: 'target',
    summary: 'Where a workload would run: an offer, or a part of a rig, times a number of nodes.',
    text: 'Written as provider[+service]:instanceType[@region[/zone]][:purchase][:xNODES], rig[:NAME[/NODE]][:COUNT] or ACCELERATOR[:COUNT][:xNODES].\n\n  aws:p5.48xlarge@us-east-1:spot    one machine, one region, bought as spot\n  gcp:a3-highgpu-8g:x4              four machines, in the cheapest region\n  rig:h100x10-pcie                  all of a rig\n  h100-sxm-80gb:8                   bare hardware: time, memory and power, no price\n\nNo form needs quoting in a shell. Without a region the cheapest eligible one is meant, without a purchase on-demand.',
    see: ['offer', 'rig', 'configuration'],
  },
  {
    id: 'configuration',
    summary: 'How a workload would run on a target: runtime, precision, parallelism, batch, checkpointing.',
    text: 'What the workload does not fix under `configuration:` is searched, as a practitioner would: only splits that the model and the links allow, only runtimes and precisions known to work on that hardware.',
    see: ['parallelism', 'precision', 'batch'],
  },
  {
    id: 'candidate',
    summary: 'A target together with a configuration: what is estimated and ranked.',
    text: 'The plan shows one line per target, its best configuration under the objective. `considered` says how many candidates were looked at.',
    see: ['target', 'configuration', 'plan'],
  },
  {
    id: 'performance',
    summary: 'What a candidate does: time, throughput, latency, memory, and how busy each part is.',
    text: 'Computed from the model\'s shape and the hardware\'s dense peak rates, bandwidths and links, times efficiency factors fitted to published measurements. It knows neither money nor watts.',
    see: ['roofline', 'bottleneck', 'confidence'],
  },
  {
    id: 'estimate',
    summary: 'Performance, power, energy, carbon and cost of one candidate, each as an interval.',
    text: '`rigor estimate WORKLOAD --on TARGET --explain` prints one in depth, line by line, with how each figure came about: where the time goes, how far that is from the roofline, what was measured nearest to it and how far such estimates are off.',
    see: ['interval', 'confidence', 'roofline'],
  },
  {
    id: 'verdict',
    summary: 'Feasible with an estimate, or refused with a reason and the nearest change that would do.',
    text: 'Reasons: memory, software, topology, link-unknown, constraint, deadline, budget, term, region, slo, spot-slo, price-unknown, skills, site.',
    see: ['refusal', 'plan'],
  },
  {
    id: 'refusal',
    aliases: ['rejected'],
    summary: 'A target that cannot do the work, with the reason and the nearest way out.',
    text: '"405B in bf16 needs 756 GiB of weights, 8×80 GB have 637; fits on 2 nodes, or in fp8." In JSON under `rejected`: reason, detail, nearest. Every provider with offers and every rig appears at least once, ranked or refused.',
    see: ['verdict', 'link-unknown'],
  },
  {
    id: 'plan',
    summary: 'The ranked verdicts for a workload.',
    text: '`rigor plan WORKLOAD` prints it; `-o plan.json` saves it with the hash of the catalog, so that it can be checked and carried out later.',
    see: ['objective', 'pareto', 'near-tie'],
  },
  {
    id: 'snapshot',
    aliases: ['catalog'],
    summary: 'The catalog as of a date, with the source of every figure.',
    text: 'Nothing is fetched to answer a question: a plan works on the bundled snapshot, or on the one given by --catalog. `rigor catalog sources` shows coverage, age and gaps by provider.',
    see: ['offer', 'stale'],
  },
  // — how sure —
  {
    id: 'interval',
    aliases: ['p10', 'p50', 'p90', 'uncertainty'],
    summary: 'A prediction as three numbers: p10 ≤ p50 ≤ p90.',
    text: 'Of many such predictions, one in ten should come out below p10 and one in ten above p90. The table shows p50 with ± the larger distance. A null means unknown, which is never treated as zero.',
    see: ['confidence'],
  },
  {
    id: 'confidence',
    summary: 'How a figure came about: measured, calibrated, computed or assumed.',
    text: 'measured: somebody measured this very thing. calibrated: computed, with efficiency factors fitted to measurements of this kind and hardware family. computed: from data sheets, with factors of related hardware. assumed: an input is not sourced, and the answer names it. A sum is as weak as its weakest part.',
    see: ['interval'],
  },
  {
    id: 'near-tie',
    aliases: ['tie'],
    summary: 'Two targets within 5 % of each other under the objective.',
    text: 'Closer than the estimates can tell apart. Providers under `have:` in rigor.yaml win near-ties; one line says what the best other would save.',
    see: ['objective', 'interval'],
  },
  {
    id: 'eligible',
    aliases: ['ineligible'],
    summary: 'Whether an offer may win the ranking.',
    text: 'Four sorts of price may not: stale ones, "from" prices without a machine behind them, unverified rows, and marketplace minima. They rank after all that may win. `--accept-stale` lifts the first of these only.',
    see: ['stale', 'from-price'],
  },
  {
    id: 'stale',
    summary: 'A price past the limit of its class: 30 days for spot, 365 for on-demand and commitments.',
    text: 'A stale price is listed but does not win, because it may no longer be had. Its age widens the interval of the cost. `--accept-stale` lets stale prices win.',
    see: ['eligible', 'spot'],
  },
  {
    id: 'from-price',
    summary: 'A price that begins with "from": no machine is known at it, so it never ranks.',
    text: 'Also unit prices per accelerator without a machine, and minima of marketplaces, are of this sort.',
    see: ['eligible'],
  },
  // — what is wished for —
  {
    id: 'objective',
    summary: 'What the ranking minimises: cost, time, energy, carbon, balanced, or an expression.',
    text: 'balanced is the geometric mean of cost, work time and energy, each over the best known. An expression may weigh quantities with their units: "cost + 2 USD/h * duration".',
    see: ['pareto', 'near-tie'],
  },
  {
    id: 'pareto',
    summary: 'The targets that no other beats in cost, time and energy at once.',
    text: 'Whatever weights you would give the three, the best choice is one of these.',
    see: ['objective'],
  },
  {
    id: 'schedule',
    summary: 'How often a workload runs: once, always, so many runs or hours per month.',
    text: 'Online serving defaults to always (730 h a month, whatever the load), all else to once. The period of the cost follows: run for once, month for the others.',
    see: ['term', 'marginal-cost'],
  },
  {
    id: 'privacy',
    summary: 'Whose hardware the data may touch: own-hardware, own-account or any.',
    text: 'own-hardware allows rigs only; own-account also clouds in an account of yours, no marketplaces of other people\'s machines.',
  },
  {
    id: 'reference',
    summary: 'A measurement of your own that the estimate starts from.',
    text: '`reference: {on: TARGET, duration}` or `throughput`: "8×A100 did 12,300 tokens/s". The estimate for other hardware is scaled from it by the physics; for the kind generic it may replace FLOPs and bytes altogether.',
    see: ['kind', 'confidence', 'measurement'],
  },
  {
    id: 'measurement',
    aliases: ['calibrate', 'measurements'],
    summary: 'What you measured yourself: it pulls the estimates of related work and hardware towards it.',
    text: 'From `rigor calibrate add`, or `measurements:` in rigor.yaml. The more a candidate has in common with what was measured (accelerator, count, model, runtime), the more its estimate moves and the narrower its interval gets; a note says by how much. A `reference` in a workload wins over it. `rigor calibrate script` prints what measures an accelerator by itself.',
    see: ['reference', 'confidence', 'interval'],
  },
  {
    id: 'tradeoffs',
    summary: 'What speaks for and against a target beyond its figures.',
    text: 'Elasticity, newest hardware, managed or self-run, skills and set-up hours, capital tied up, obsolescence, upkeep, noise, privacy: each derived from fields of the data.',
  },
  // — physics —
  {
    id: 'bottleneck',
    summary: 'What limits the speed: compute, memory bandwidth, memory capacity, link, network, host, overhead or load.',
    text: 'The part that most of the time is spent waiting for. "load" means that the hardware is not the limit: it does all the work there is and has time left.',
    see: ['roofline'],
  },
  {
    id: 'roofline',
    summary: 'The time below which no implementation can go: work over peak rate, bytes over peak bandwidth, whichever is longer.',
    text: 'Peaks are dense rates (data sheets often print the doubled sparse rate). Real time is longer by the efficiency that is really reached; the factors are fitted to published measurements.',
    see: ['bottleneck', 'mfu'],
  },
  {
    id: 'mfu',
    summary: 'Model FLOPs utilisation: useful FLOPs per second over the dense peak.',
    text: 'An outcome here, not an input: it follows from batch, parallelism, links and memory.',
    see: ['roofline'],
  },
  {
    id: 'precision',
    aliases: ['bf16', 'fp8', 'int4', 'quantization'],
    summary: 'The number format of weights and arithmetic: bf16, fp8, int8, int4, …',
    text: 'Fewer bits mean less memory and less traffic, and more FLOP/s where the hardware has units for them. Left out, it is searched among what the runtime supports on that hardware.',
    see: ['configuration'],
  },
  {
    id: 'parallelism',
    aliases: ['tp', 'pp', 'dp', 'ep', 'cp'],
    summary: 'How the work is split over accelerators: tp, pp, dp, ep, cp.',
    text: 'tp (tensor): every layer is split, needs fast links. pp (pipeline): layers are dealt out, needs many micro-batches. dp (data): whole copies, or for serving replicas. ep (expert): the experts of a mixture are dealt out. cp (context): the sequence is split. A split that does not divide the heads leaves accelerators idle, and the plan says so.',
    see: ['topology', 'configuration'],
  },
  {
    id: 'topology',
    summary: 'Which accelerators share which link.',
    text: 'Not one bandwidth: ten PCIe cards may be joined in pairs by NVLink bridges and sit behind two switches. The slowest link that a collective crosses sets its pace.',
    see: ['parallelism', 'link-unknown'],
  },
  {
    id: 'link-unknown',
    summary: 'Refused for several nodes because the network between them is not known.',
    text: 'A guess would decide the answer, so there is none.',
    see: ['refusal', 'topology'],
  },
  {
    id: 'batch',
    summary: 'Sequences worked on together: concurrent ones per replica (serving) or per optimizer step (training).',
    text: 'A larger batch reads the weights once for more work: higher throughput, longer latency, more memory.',
    see: ['kv-cache', 'latency'],
  },
  {
    id: 'kv-cache',
    summary: 'Keys and values kept for every token of every sequence being served.',
    text: 'Its size depends on the form of attention: multi-head, grouped, multi-query, latent (MLA), windowed. With the weights it decides how many users fit.',
    see: ['batch', 'prefill'],
  },
  {
    id: 'prefill',
    aliases: ['decode'],
    summary: 'Reading the prompt (prefill, limited by compute) as against writing tokens (decode, limited by memory bandwidth).',
    text: 'They are estimated apart. Prefill sets the time to the first token, decode the time per token after it.',
    see: ['latency', 'bottleneck'],
  },
  {
    id: 'latency',
    aliases: ['ttft', 'tpot', 'slo'],
    summary: 'ttft: seconds to the first token. tpot: seconds per token after it. Each as median and p99.',
    text: 'An `slo:` bounds them, at p99 unless written as {median: …}. `replicas: auto` takes the fewest replicas that meet it at peak load.',
    see: ['prefill', 'batch'],
  },
  {
    id: 'moe',
    aliases: ['mixture-of-experts', 'experts'],
    summary: 'A mixture of experts: each token passes through few of many expert blocks.',
    text: 'All experts take memory, few take compute. A decode step over a batch reads the shared weights and the distinct experts that its tokens hit, E·(1−(1−k/E)^batch) of E, not just the active parameters of one token.',
    see: ['batch', 'parallelism'],
  },
  {
    id: 'zero',
    aliases: ['fsdp', 'sharding'],
    summary: 'ZeRO stages 0–3: what of the training state is split over the data-parallel group.',
    text: '1: optimizer state; 2: and gradients; 3 (FSDP): and weights. Each saves memory; stage 3 costs more traffic.',
    see: ['checkpointing', 'parallelism'],
  },
  {
    id: 'checkpointing',
    summary: 'Recomputing activations in the backward pass instead of keeping them: none, selective, full.',
    text: 'Full checkpointing costs about a third more compute and saves most of the activation memory. Not to be mixed up with checkpoints on disk, which bound what a failure or a spot interruption costs.',
    see: ['zero', 'interruption'],
  },
  {
    id: 'lora',
    aliases: ['qlora'],
    summary: 'Fine-tuning small added matrices instead of all weights; QLoRA keeps the frozen weights in 4 bits.',
    text: 'The memory for gradients and optimizer shrinks to the added matrices; the forward and most of the backward pass stay.',
    see: ['zero'],
  },
  {
    id: 'mig',
    summary: 'Multi-Instance GPU: one accelerator cut into up to seven isolated slices.',
    text: 'A profile such as 1g.10gb has a fixed share of compute, memory and bandwidth.',
  },
  {
    id: 'rdma',
    summary: 'Network cards that write straight into the other machine\'s accelerator memory (InfiniBand, RoCE, EFA, …).',
    text: 'Training over several nodes depends on it.',
    see: ['topology'],
  },
  // — money —
  {
    id: 'purchase',
    summary: 'How a machine is bought: on-demand, spot, a reservation, a savings plan, a commitment, a capacity block, …',
    text: 'on-demand: by the second or hour, returned at will. spot: cheaper, may be taken back. reserved, savings-plan, committed: one or three years, paid whether used or not. capacity-block, flex-start, calendar: booked ahead for days. community: somebody else\'s machine. owned: a rig.',
    see: ['spot', 'term'],
  },
  {
    id: 'spot',
    summary: 'Spare capacity at a discount that the provider may take back.',
    text: 'The estimate adds what interruptions cost: repeated work, checkpoints, restarts, from a sourced interruption rate or an assumption marked as one. Refused for a service with a latency promise unless `tolerateInterruption` is set.',
    see: ['interruption', 'stale'],
  },
  {
    id: 'interruption',
    summary: 'A spot machine taken back while work runs.',
    text: 'What is lost is the work since the last checkpoint plus the restart; the best checkpoint interval follows from the rate and the time a checkpoint takes.',
    see: ['spot', 'checkpointing'],
  },
  {
    id: 'term',
    aliases: ['commitment', 'reserved'],
    summary: 'A commitment is bought whole: it costs its full one or three years.',
    text: 'It is a candidate only if the hours of the workload over `horizonMonths` make the whole term cheaper than on-demand, or if `prices:` says that it is owned already. Otherwise refused: "pays 8,760 h for 6 h of work".',
    see: ['purchase', 'schedule'],
  },
  {
    id: 'marginal-cost',
    aliases: ['marginal'],
    summary: 'What a run on an owned rig costs beyond what the rig costs anyway.',
    text: 'Energy above what it would draw idle, the cooling of that heat, wear by use, and the value of what the hours displace. Capital, room and fixed upkeep are in the full cost only.',
    see: ['full-cost', 'rig'],
  },
  {
    id: 'full-cost',
    summary: 'What a rig costs with everything: capital over its life, financing, upkeep, room, energy, cooling.',
    text: 'The measure for a rig that is yet to be bought.',
    see: ['marginal-cost', 'break-even'],
  },
  {
    id: 'break-even',
    aliases: ['breakeven', 'payback'],
    summary: 'The hours per month, or the months, at which owning and renting cost the same.',
    text: 'Below it renting is cheaper, above it owning.',
    see: ['full-cost'],
  },
  {
    id: 'not-costed',
    summary: 'What a run also costs but rigor has no price for.',
    text: 'Listed with the reason and never added as zero.',
    see: ['interval'],
  },
  // — power —
  {
    id: 'power',
    aliases: ['watts'],
    summary: 'Watts at the wall of the share in use: accelerators, host, fans, supply losses; cooling comes on top as energy.',
    text: 'From how busy compute, memory and links are, between idle and maximum draw. For the choice of cables and circuits use the peak.',
    see: ['pue', 'cop'],
  },
  {
    id: 'pue',
    summary: 'Power usage effectiveness: facility energy over computing energy of a data centre.',
    text: 'Fleet averages as the providers publish them. A rig has a COP instead.',
    see: ['cop', 'power'],
  },
  {
    id: 'cop',
    summary: 'Coefficient of performance: watts of heat moved per watt that the cooling draws.',
    text: 'A rig\'s cooling adds heat ÷ COP to its energy.',
    see: ['pue'],
  },
  {
    id: 'carbon',
    aliases: ['co2'],
    summary: 'Kilograms of CO2 equivalent of the electricity, by the lifecycle factor of the country.',
    text: 'One basis for all targets of a comparison. Regional factors, which count generation only, are shown beside and never ranked. Making the hardware is not counted.',
    see: ['power'],
  },
  // — using rigor —
  {
    id: 'exit-codes',
    aliases: ['exit'],
    summary: 'What the exit code says.',
    text: '0 done · 1 a check failed · 2 bad input or usage · 3 nothing feasible · 4 a provider or feed failed · 5 resources are still there · 6 not signed in or not permitted · 70 a bug in rigor · 130 interrupted.',
  },
]
