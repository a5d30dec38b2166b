import fs from 'node:fs'
import {calibrationWith, loadSamples, fit, residualOf, report, score} from './scripts/calibrate/llm-inference.ts'
const {base, samples} = await loadSamples()
const fitted = fit(samples, base, 1, t => console.error(t))
import {measuredPerformance} from './src/workload/llm-inference/measured.ts'
const scored = score(samples, fitted, base)
const extra = (s: any) => { const p = measuredPerformance(s.found, s.configurations, {...base, calibration: calibrationWith(fitted.lnValues(s))} as any).performance; if (!p) return {}; const o: any = {}; for (const x of p.operators) o[x.name] = x.seconds * 1000; return {ops: o, mem: p.memory.lines, slots: p.configuration.batch, thr: p.throughput.value?.p50, lat: p.latency} }
report('fitted', scored)
const by = (f: (s: any) => string) => { for (const [k, v] of Map.groupBy(scored, f)) if (v.length > 5) report(k.slice(0, 40), v) }
if (process.argv.includes('--by')) by(({sample}) => `${sample.architecture.slice(0,12)} ${sample.runtime} ${sample.measurement.source.slice(0,14)}`)
fs.writeFileSync('/tmp/res.jsonl', scored.map(({sample: s, error}) => JSON.stringify({src: s.measurement.source, fig: s.figure, metric: s.measurement.metric, arch: s.architecture, acc: s.accelerator, rt: s.runtime, fw: s.setting.framework, model: s.model, prec: s.found.configuration.precision, ...s.configurations[0], n: s.setting.accelerators, c: s.setting.concurrency, i: s.found.demand.inputTokens, o: s.found.demand.outputTokens, phase: s.setting.phase, y: s.measurement.value, e: error, w: s.weight, ...(process.argv.includes('--ops') ? extra(s) : {})})).join('\n'))
if (process.argv.includes('--parts')) for (const [k, v] of fitted.parts) if (Math.abs(v) > 0.02) console.log(k, v.toFixed(3))
