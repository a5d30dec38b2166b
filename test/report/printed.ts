import type {PlanDocument, PlansDocument} from '../../src/planner/document.ts'
import {planJson, plansJson} from '../../src/report/json.ts'

/** A document as `--json` prints it, with a line feed at its end. */
export const printed = (document: PlanDocument | PlansDocument): string => `${JSON.stringify(document.schema === 'rigor.plan/1' ? planJson(document) : plansJson(document), undefined, 2)}\n`
