import type {RigorCommand} from './command.ts'

interface CommandModule {
  readonly default: new (argv: string[], config: RigorCommand['config']) => RigorCommand
}

/** Every command by its id: adding one takes its file and a line here (a test compares them with the folder). */
export const commands: Readonly<Record<string, () => Promise<CommandModule>>> = {
  plan: () => import('./commands/plan.ts'),
  estimate: () => import('./commands/estimate.ts'),
  breakeven: () => import('./commands/breakeven.ts'),
  'catalog:list': () => import('./commands/catalog/list.ts'),
  'catalog:show': () => import('./commands/catalog/show.ts'),
  'catalog:sources': () => import('./commands/catalog/sources.ts'),
  'catalog:verify': () => import('./commands/catalog/verify.ts'),
  'hardware:list': () => import('./commands/hardware/list.ts'),
  'hardware:show': () => import('./commands/hardware/show.ts'),
  'models:list': () => import('./commands/models/list.ts'),
  'models:show': () => import('./commands/models/show.ts'),
  'kinds:list': () => import('./commands/kinds/list.ts'),
  'kinds:show': () => import('./commands/kinds/show.ts'),
  'rig:list': () => import('./commands/rig/list.ts'),
  'rig:show': () => import('./commands/rig/show.ts'),
  'rig:power': () => import('./commands/rig/power.ts'),
  'rig:tco': () => import('./commands/rig/tco.ts'),
  'rig:detect': () => import('./commands/rig/detect.ts'),
  accuracy: () => import('./commands/accuracy.ts'),
  'calibrate:add': () => import('./commands/calibrate/add.ts'),
  'calibrate:list': () => import('./commands/calibrate/list.ts'),
  'calibrate:remove': () => import('./commands/calibrate/remove.ts'),
  'calibrate:script': () => import('./commands/calibrate/script.ts'),
  explain: () => import('./commands/explain.ts'),
  config: () => import('./commands/config.ts'),
  doctor: () => import('./commands/doctor.ts'),
  completion: () => import('./commands/completion.ts'),
}
