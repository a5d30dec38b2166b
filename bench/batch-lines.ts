/** Lines for `estimate --batch`: no two alike, so that no answer can be remembered. */
const ACCELERATORS = ['h100-sxm-80gb', 'a100-sxm-80gb', 'h200-sxm-141gb', 'h100-pcie-80gb'] as const

function workload(index: number): Record<string, unknown> {
  return {
    kind: 'llm-inference',
    model: 'Llama-3.1-70B',
    traffic: {inputTokens: 400 + (index % 1900), outputTokens: 100 + (index % 400), concurrency: 4 + (index % 60)},
    schedule: 'always',
  }
}

/** Target and configuration given: one evaluation each. */
export function givenLines(count: number): readonly string[] {
  return Array.from({length: count}, (_, index) =>
    JSON.stringify({
      id: `given-${index}`,
      workload: workload(index),
      on: `${ACCELERATORS[index % ACCELERATORS.length]}:8`,
      configuration: {runtime: 'vllm', precision: 'bf16', tp: index % 2 === 0 ? 4 : 8, pp: 1, batch: 16 + (index % 48)},
    }),
  )
}

/** Target given, configuration searched. */
export function searchedLines(count: number): readonly string[] {
  return Array.from({length: count}, (_, index) => JSON.stringify({id: `searched-${index}`, workload: workload(index), on: `${ACCELERATORS[index % ACCELERATORS.length]}:8`}))
}
