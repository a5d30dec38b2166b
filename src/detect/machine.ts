import {RigNode} from '../catalog/rig.ts'

/** More of them no rig file takes: whoever tells of them is mistaken, or misleads. */
export const MOST_ACCELERATORS = RigNode.shape.acceleratorCount.maxValue ?? 0

/** An accelerator as its driver tells of it. */
export interface SeenAccelerator {
  readonly name: string
  readonly memoryBytes: number | undefined
  /** In force, as delivered, and the most that may be set. */
  readonly limitWatts: number | undefined
  readonly defaultLimitWatts: number | undefined
  readonly maximumLimitWatts: number | undefined
  /** Drawn at the moment, and the share of the last moments in which it worked. */
  readonly watts: number | undefined
  readonly busyShare: number | undefined
  readonly pcieGeneration: number | undefined
  readonly pcieLanes: number | undefined
  readonly mig: boolean
}

/** How two accelerators reach each other: the words of `nvidia-smi topo -m` (NV18, PIX, PXB, PHB, NODE, SYS), and XGMI. Row and column as the accelerators. */
export type LinkMatrix = readonly (readonly string[])[]

export interface SeenDisk {
  readonly name: string
  readonly bytes: number
  readonly rotating: boolean
  readonly transport: string | undefined
  readonly model: string | undefined
}

export interface SeenInterface {
  readonly name: string
  readonly kind: 'ethernet' | 'infiniband'
  readonly bitsPerSecond: number
}

/** Watts at the moment, and where they were read. */
export interface SeenWatts {
  readonly watts: number
  readonly where: 'IPMI' | 'Redfish' | 'power meter' | 'battery'
}

/** What is known of a machine from its own tools; absent = not seen. */
export interface SeenMachine {
  readonly host: string | undefined
  /** KVM, VMware, …: what lies below is not this machine's to know. */
  readonly hypervisor: string | undefined
  readonly accelerators: readonly SeenAccelerator[]
  readonly links: LinkMatrix | undefined
  readonly processor: {readonly model: string | undefined; readonly sockets: number | undefined; readonly coresPerSocket: number | undefined; readonly threads: number | undefined} | undefined
  readonly memoryGib: number | undefined
  readonly disks: readonly SeenDisk[] | undefined
  readonly interfaces: readonly SeenInterface[]
  readonly vendor: string | undefined
  readonly product: string | undefined
  readonly board: string | undefined
  readonly chassis: 'server' | 'workstation' | 'laptop' | undefined
  /** Of the whole machine. */
  readonly watts: SeenWatts | undefined
  readonly processorWatts: number | undefined
  /** Share of its threads that the last minute kept busy. */
  readonly loadShare: number | undefined
  /** Of the case and its processors. */
  readonly fans: {readonly turning: number; readonly still: number}
  readonly supplies: {readonly count: number; readonly ratedWatts: number | undefined} | undefined
  readonly unseen: readonly Unseen[]
}

/** What could not be seen, and why. */
export interface Unseen {
  readonly what: string
  readonly why: string
}
