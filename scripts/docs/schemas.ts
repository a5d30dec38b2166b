import * as z from 'zod'
import {Rig} from '../../src/catalog/rig.ts'
import {Accelerator} from '../../src/catalog/schema.ts'
import {configJsonSchema} from '../../src/config/schema.ts'
import {kinds} from '../../src/workload/index.ts'
import {kindJsonSchema} from '../../src/workload/read.ts'

/** File name → JSON Schema, for editors: one for each kind of workload, one for rigor.yaml, and the two sorts of hardware. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const schemas = new Map<string, Record<string, unknown>>()
  for (const kind of kinds) schemas.set(`${kind.id}.schema.json`, kindJsonSchema(kind))
  schemas.set('rigor-yaml.schema.json', configJsonSchema(kinds.map(kindJsonSchema)))
  schemas.set('rig.schema.json', hardwareSchema(Rig, 'rig', 'A rig, as in data/rigs'))
  schemas.set('accelerator.schema.json', hardwareSchema(Accelerator, 'accelerator', 'An accelerator, as `rigor hardware show NAME --json` prints it under "accelerator"'))
  return new Map([...schemas].map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]))
}

function hardwareSchema(schema: z.ZodType, id: string, title: string): Record<string, unknown> {
  return {$id: `rigor/${id}.schema.json`, title, ...(z.toJSONSchema(schema, {io: 'input', unrepresentable: 'any'}) as Record<string, unknown>)}
}
