import {RigorError} from '../errors.ts'
import type {Hardware, LinkLevel, NetworkLink} from '../performance/types.ts'
import {pcieX16BytesPerSecond} from './pcie.ts'
import type {Rig} from './rig.ts'
import {hostOf} from './rig-parts.ts'
import type {Accelerator, Machine} from './schema.ts'

/**
 * Seconds from one end to the other for a short message, software included. Assumptions: orders of magnitude of what NCCL-class libraries
 * see per step, from memory, as no measurement is in the facts. They decide only for small messages.
 */
export const LATENCY_SECONDS: Readonly<Record<string, number>> = {
  'sockets': 2e-7,
  'nvswitch': 2e-6,
  'nvlink': 2e-6,
  'nvlink-bridge': 2e-6,
  'infinity-fabric': 3e-6,
  'ici': 1e-6,
  'neuronlink': 3e-6,
  'pcie': 4e-6,
  'accelerator-ethernet': 5e-6,
  'nvlink-rack': 3e-6,
  'infiniband': 5e-6,
  'roce': 6e-6,
  'efa': 15e-6,
  'gpudirect-tcpx': 25e-6,
  'ethernet': 30e-6,
}

/** Accelerators of one NVLink rack (GB200 and GB300 NVL72): its nodes reach each other over NVLink. */
const NVLINK_RACK_ACCELERATORS = 72

function level(kind: string, groupSize: number, bytesPerSecond: number): LinkLevel {
  return {kind, groupSize, bytesPerSecond, latencySeconds: LATENCY_SECONDS[kind]!}
}

/** PCIe between cards, from the generation of the card; a card whose generation is unknown leaves the link unknown. */
function pcieLevel(accelerator: Accelerator, count: number): LinkLevel | undefined {
  const bytesPerSecond = pcieX16BytesPerSecond(accelerator.pcieGeneration)
  return bytesPerSecond === undefined ? undefined : level('pcie', count, bytesPerSecond)
}

/**
 * The links inside one node, innermost first. A switch, a mesh or a torus joins all accelerators at the rate of their own links; bridges join
 * pairs and leave PCIe between the pairs. `undefined` = a link on the way is unknown. The full mesh of Infinity Fabric is given at its rate
 * for all eight; two of them alone see one link of seven.
 */
function levelsOf(link: Machine['intraNodeLink'], accelerator: Accelerator, count: number): readonly LinkLevel[] | undefined {
  if (count <= 1) return []
  const whole = (one: LinkLevel | undefined): readonly LinkLevel[] | undefined => (one === undefined ? undefined : [one])
  switch (link) {
    case 'none':
    case 'unknown':
      return undefined
    case 'pcie':
      return whole(pcieLevel(accelerator, count))
    case 'nvlink-bridge': {
      if (accelerator.linkBytesPerSecond === undefined) return undefined
      const pair = level('nvlink-bridge', 2, accelerator.linkBytesPerSecond)
      if (count === 2) return [pair]
      const between = pcieLevel(accelerator, count)
      return between === undefined ? undefined : [pair, between]
    }
    case 'nvlink':
    case 'nvswitch':
    case 'ici':
    case 'neuronlink':
    case 'infinity-fabric':
      return accelerator.linkBytesPerSecond === undefined ? undefined : [level(link, count, accelerator.linkBytesPerSecond)]
    default:
      return link satisfies never
  }
}

/** As `levelsOf`, with what the accelerator itself says about its links. */
function linksOf(link: Machine['intraNodeLink'], accelerator: Accelerator, count: number): readonly LinkLevel[] | undefined {
  if (count <= 1) return []
  // Processors of one board reach each other's memory.
  if (accelerator.formFactor === 'cpu') return [level('sockets', count, accelerator.memoryBandwidthBytesPerSecond)]
  // Cards joined by Ethernet of their own (Gaudi): the machine's vocabulary has no word for it.
  if (/RoCE/.test(accelerator.interconnect)) {
    return accelerator.linkBytesPerSecond === undefined ? undefined : [level('accelerator-ethernet', count, accelerator.linkBytesPerSecond)]
  }
  // A superchip's link that leads to its own processor joins no accelerators.
  if (/to the CPU/.test(accelerator.interconnect)) return undefined
  return levelsOf(link, accelerator, count)
}

/** GB200 and GB300 nodes of one rack form one NVLink domain: as many nodes as hold 72 accelerators. Assumes that they come from one rack. */
function rackNetwork(accelerator: Accelerator, count: number, nodes: number): NetworkLink | undefined {
  if (!accelerator.interconnect.includes('72-GPU domain') || accelerator.linkBytesPerSecond === undefined) return undefined
  if (nodes < 2 || count * nodes > NVLINK_RACK_ACCELERATORS) return undefined
  return {kind: 'nvlink-rack', bytesPerSecondPerNode: count * accelerator.linkBytesPerSecond, rdma: true, latencySeconds: LATENCY_SECONDS['nvlink-rack']!}
}

/** The network of a cloud machine: its RDMA rate where it has one, else Ethernet. Unknown stays unknown. */
function networkOf(machine: Machine): NetworkLink | undefined {
  const ethernet = (): NetworkLink | undefined =>
    machine.networkBytesPerSecond === undefined
      ? undefined
      : {kind: 'ethernet', bytesPerSecondPerNode: machine.networkBytesPerSecond, rdma: false, latencySeconds: LATENCY_SECONDS['ethernet']!}
  if (machine.rdma === 'none' || machine.rdma === 'unknown' || machine.rdma === 'ici') return ethernet()
  // EFA, RoCE and TCPX run over the cards whose rate the network has; InfiniBand is a second network of its own.
  const bytesPerSecondPerNode = machine.rdmaBytesPerSecond ?? (machine.rdma === 'infiniband' ? undefined : machine.networkBytesPerSecond)
  if (bytesPerSecondPerNode === undefined) return undefined
  return {kind: machine.rdma, bytesPerSecondPerNode, rdma: true, latencySeconds: LATENCY_SECONDS[machine.rdma]!}
}

/** `nodes` machines of a cloud as an estimator sees them. The network is that between machines; a TPU slice is one machine. */
export function hardwareOf(machine: Machine, accelerator: Accelerator, nodes: number): Hardware {
  return {
    accelerator,
    acceleratorsPerNode: machine.acceleratorCount,
    nodes,
    levels: linksOf(machine.intraNodeLink, accelerator, machine.acceleratorCount),
    network: rackNetwork(accelerator, machine.acceleratorCount, nodes) ?? networkOf(machine),
    host: {vcpus: machine.vcpus, memoryGib: machine.memoryGib, localSsdGb: machine.localSsdGb},
  }
}

/** The levels that the first `count` accelerators of a node use: the last one spans exactly them. */
export function trimLevels(levels: readonly LinkLevel[], count: number): readonly LinkLevel[] {
  if (count <= 1) return []
  const inner = levels.filter((each) => each.groupSize < count)
  const outer = levels.find((each) => each.groupSize >= count)
  return outer === undefined ? inner : [...inner, {...outer, groupSize: count}]
}

/**
 * One kind of node of a rig: all its nodes and accelerators, or `acceleratorsPerNode` of each of `nodes`. Without a node id the rig must have one
 * kind only; nodes of different accelerators are no one hardware.
 */
export function hardwareOfRig(rig: Rig, nodeId: string | undefined, accelerator: Accelerator, acceleratorsPerNode?: number, nodes?: number): Hardware {
  const choices = rig.nodes.map((each) => each.id)
  const node = nodeId === undefined && rig.nodes.length === 1 ? rig.nodes[0] : rig.nodes.find((each) => each.id === nodeId)
  if (node === undefined) {
    throw new RigorError('RIG_NODE_UNKNOWN', nodeId === undefined ? `The rig ${rig.id} has several kinds of nodes.` : `The rig ${rig.id} has no node "${nodeId}".`, {
      hint: `Name one of: ${choices.map((choice) => `rig:${rig.id}/${choice}`).join(', ')}.`,
    })
  }
  if (accelerator.id !== node.acceleratorId) throw new RigorError('RIG_NODE_UNKNOWN', `${rig.id}/${node.id} holds ${node.acceleratorId}, not ${accelerator.id}.`)
  const count = Math.min(acceleratorsPerNode ?? node.acceleratorCount, node.acceleratorCount)
  return {
    accelerator,
    acceleratorsPerNode: count,
    nodes: nodes ?? node.count,
    levels: trimLevels(node.levels, count),
    network: rig.network,
    host: hostOf(node),
  }
}

/** InfiniBand ports of 400 Gb/s (NDR) and 200 Gb/s (HDR), bytes/s each way. */
const NDR_BYTES_PER_SECOND = 50e9
const HDR_BYTES_PER_SECOND = 25e9

/** The most accelerators of a form that one board or slice holds: 16 only on double boards of Ampere and Volta, which one cloud rents. */
const BARE_LINKS: Readonly<Record<string, {readonly link: Machine['intraNodeLink']; readonly maximumCount: number; readonly fabric: boolean}>> = {
  sxm: {link: 'nvswitch', maximumCount: 8, fabric: true},
  superchip: {link: 'nvswitch', maximumCount: NVLINK_RACK_ACCELERATORS, fabric: true},
  oam: {link: 'infinity-fabric', maximumCount: 8, fabric: true},
  nvl: {link: 'nvlink-bridge', maximumCount: 10, fabric: false},
  pcie: {link: 'pcie', maximumCount: 10, fabric: false},
  tpu: {link: 'ici', maximumCount: 8960, fabric: false},
  asic: {link: 'neuronlink', maximumCount: 64, fabric: false},
  cpu: {link: 'none', maximumCount: 8, fabric: false},
}

const bareForm = ({formFactor}: Accelerator): (typeof BARE_LINKS)[string] =>
  Object.hasOwn(BARE_LINKS, formFactor) ? BARE_LINKS[formFactor]! : {link: 'unknown', maximumCount: 1, fabric: false}

/** How many of an accelerator one machine (or slice) holds at most, by its form. */
export const mostPerMachine = (accelerator: Accelerator): number => bareForm(accelerator).maximumCount

/**
 * Bare hardware, `h100-sxm-80gb:8:x2`: what the accelerator's form usually stands in. Assumptions, as nobody has described the machine: SXM and
 * OAM boards with their own links all to all; NVL cards bridged in pairs; PCIe cards without bridges; between nodes of SXM, OAM and superchips
 * one InfiniBand port per accelerator (NDR 400 Gb/s where the slot is PCIe 5, HDR 200 Gb/s before). The network of other forms is unknown.
 */
export function bareHardware(accelerator: Accelerator, count: number, nodes: number): Hardware {
  const form = bareForm(accelerator)
  if (count > form.maximumCount) {
    throw new RigorError('NO_SUCH_HARDWARE', `No machine holds ${count} × ${accelerator.id}; at most ${form.maximumCount}.`, {
      hint: form.maximumCount === 1 ? `Write ${accelerator.id}:1.` : `Several nodes are written ${accelerator.id}:${form.maximumCount}:x${Math.ceil(count / form.maximumCount)}.`,
    })
  }
  const port = (accelerator.pcieGeneration ?? 0) >= 5 ? NDR_BYTES_PER_SECOND : HDR_BYTES_PER_SECOND
  const fabric: NetworkLink = {kind: 'infiniband', bytesPerSecondPerNode: count * port, rdma: true, latencySeconds: LATENCY_SECONDS['infiniband']!}
  return {
    accelerator,
    acceleratorsPerNode: count,
    nodes,
    levels: linksOf(form.link, accelerator, count),
    network: rackNetwork(accelerator, count, nodes) ?? (form.fabric ? fabric : undefined),
    host: {},
  }
}
