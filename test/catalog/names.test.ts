import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {assert, property, string} from 'fast-check'
import {acceleratorsNamed, resolveAccelerator} from '../../src/catalog/accelerator-names.ts'
import {modelKey, resolveModel} from '../../src/catalog/model-names.ts'
import {parseAccelerators} from '../../src/catalog/parse/accelerators.ts'
import {parseDevices} from '../../src/catalog/parse/devices.ts'
import {parseModels} from '../../src/catalog/parse/models.ts'
import {RigorError} from '../../src/errors.ts'
import {nearestNames} from '../../src/text/nearest.ts'

const data = (file: string): string => readFileSync(join(import.meta.dirname, '..', '..', 'data', file), 'utf8')
const models = parseModels(data('models.csv'))
const accelerators = [...parseAccelerators(data('accelerators.csv')), ...parseDevices(data('devices.csv')).filter(({partialSheet}) => partialSheet !== true)]

function refusal(run: () => unknown): RigorError {
  try {
    run()
  } catch (error) {
    if (error instanceof RigorError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('resolveModel', () => {
  test.for([
    ['meta-llama/Meta-Llama-3.1-70B', 'meta-llama/Meta-Llama-3.1-70B'],
    ['META-LLAMA/meta-llama-3.1-70b', 'meta-llama/Meta-Llama-3.1-70B'],
    ['Llama-3.1-70B', 'meta-llama/Meta-Llama-3.1-70B'],
    ['llama-3.1-70b', 'meta-llama/Meta-Llama-3.1-70B'],
    ['meta-llama/Llama-3.1-70B-Instruct', 'meta-llama/Meta-Llama-3.1-70B'],
    ['Meta-Llama-3.1-70B-Instruct-FP8', 'meta-llama/Meta-Llama-3.1-70B'],
    ['nvidia/Llama-3.1-8B-Instruct-FP8', 'meta-llama/Meta-Llama-3.1-8B'],
    ['Llama 3.1 8B', 'meta-llama/Meta-Llama-3.1-8B'],
    ['llama3.1:8b', 'meta-llama/Meta-Llama-3.1-8B'],
    ['llama3-8b', 'meta-llama/Meta-Llama-3-8B'],
    ['Llama 3 8B', 'meta-llama/Meta-Llama-3-8B'],
    ['Llama-2-70b', 'meta-llama/Llama-2-70b-hf'],
    ['Llama 2 7 B', 'meta-llama/Llama-2-7b-hf'],
    ['Llama 2 70B Chat (99.9% accuracy)', 'meta-llama/Llama-2-70b-hf'],
    ['LLaMA 7B', 'huggyllama/llama-7b'],
    ['Llama-3.3-70B', 'meta-llama/Llama-3.3-70B-Instruct'],
    ['Qwen3-235B-A22B-Instruct-2507-FP8', 'Qwen/Qwen3-235B-A22B'],
    ['qwen 3 32b', 'Qwen/Qwen3-32B'],
    ['Qwen2.5-7B-Instruct-AWQ', 'Qwen/Qwen2.5-7B'],
    ['deepseek v3', 'deepseek-ai/DeepSeek-V3'],
    ['DeepSeekV3', 'deepseek-ai/DeepSeek-V3'],
    ['DeepSeek-R1-0528', 'deepseek-ai/DeepSeek-R1'],
    ['nvidia/DeepSeek-R1-NVFP4', 'deepseek-ai/DeepSeek-R1'],
    ['Mixtral 8x7B Instruct', 'mistralai/Mixtral-8x7B-v0.1'],
    ['mistral-7b', 'mistralai/Mistral-7B-v0.3'],
    ['Mistral-7B-Instruct-v0.2', 'mistralai/Mistral-7B-v0.3'],
    ['Mistral-7B-v0.1', 'mistralai/Mistral-7B-v0.1'],
    ['kimi k2', 'moonshotai/Kimi-K2-Instruct'],
    ['gpt-oss-120b (MoE 117B, 5.1B active)', 'openai/gpt-oss-120b'],
    ['GPT-J 6B', 'EleutherAI/gpt-j-6b'],
    ['phi-1.5', 'microsoft/phi-1_5'],
    ['zhipuai/GLM-5', 'zai-org/GLM-5'],
    ['olmo-2-7b', 'allenai/OLMo-2-1124-7B'],
    ['gemma-3-27b', 'google/gemma-3-27b-it'],
    ['falcon 180b', 'tiiuae/falcon-180B'],
  ] as const)('%s is %s', ([name, id]) => {
    expect(resolveModel(name, models).id).toBe(id)
  })

  test('every id and every alias means its own model', () => {
    const wrong = models.flatMap(model => [model.id, ...model.aliases].filter(name => resolveModel(name, models) !== model))

    expect(wrong).toEqual([])
  })

  test('no two models share an id or an alias', () => {
    const names = models.flatMap(model => [model.id, ...model.aliases]).map(name => name.toLowerCase())
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  test.for([['llama-3.1', 'AMBIGUOUS_MODEL', /Meta-Llama-3\.1-8B".*Meta-Llama-3\.1-405B/], ['gpt-oss', 'AMBIGUOUS_MODEL', /gpt-oss-20b" or "openai\/gpt-oss-120b/]] as const)(
    '%s is refused with the choices',
    ([name, code, choices]) => {
      const error = refusal(() => resolveModel(name, models))

      expect(error.code).toBe(code)
      expect(error.exit).toBe(2)
      expect(error.hint).toMatch(choices)
    },
  )

  test.for([
    ['Lama-3.1-70B', 'meta-llama/Meta-Llama-3.1-70B'],
    ['Llama-3.1-70', 'meta-llama/Meta-Llama-3.1-70B'],
    ['mixtrall-8x7b', 'mistralai/Mixtral-8x7B-v0.1'],
    ['deepseek-v33', 'deepseek-ai/DeepSeek-V3'],
    ['qwen3-23b', 'Qwen/Qwen3-'],
  ] as const)('%s is unknown, and %s is near', ([name, near]) => {
    const error = refusal(() => resolveModel(name, models))

    expect(error.code).toBe('UNKNOWN_MODEL')
    expect(error.exit).toBe(2)
    expect(error.hint).toContain(near)
    expect(error.hint).toContain('{layers:')
  })

  test('a name that is nothing like any is unknown without a guess', () => {
    const error = refusal(() => resolveModel('§§§', models))

    expect(error.code).toBe('UNKNOWN_MODEL')
    expect(error.hint).not.toContain('Did you mean')
  })

  test('any text gives a model or a typed error', () => {
    const answer = (name: string): unknown => {
      try {
        return resolveModel(name, models)
      } catch (error) {
        return error
      }
    }

    assert(
      property(string({unit: 'binary', maxLength: 300}), name => {
        const found = answer(name)
        expect(found instanceof RigorError || models.some(model => model === found)).toBe(true)
      }),
      {numRuns: 300, seed: 1},
    )
  })

  test('a long row of brackets takes no time', () => {
    expect(modelKey('('.repeat(1e6))).toBe('')
  })
})

describe('resolveAccelerator', () => {
  test.for([
    ['h100-sxm-80gb', 'h100-sxm-80gb'],
    ['H100-SXM', 'h100-sxm-80gb'],
    ['H100 SXM 80GB', 'h100-sxm-80gb'],
    ['h100 pcie', 'h100-pcie-80gb'],
    ['NVIDIA H100 PCIe', 'h100-pcie-80gb'],
    ['H100-NVL', 'h100-nvl-94gb'],
    ['rtx 4090', 'rtx-4090-24gb'],
    ['RTX4090', 'rtx-4090-24gb'],
    ['NVIDIA GeForce RTX 4090', 'rtx-4090-24gb'],
    ['rtx 4090 laptop', 'rtx-4090-laptop-16gb'],
    ['RTX 4070', 'rtx-4070-12gb'],
    ['rtx 4070 ti', 'rtx-4070-ti-12gb'],
    ['rtx 4070 ti super', 'rtx-4070-ti-super-16gb'],
    ['GeForce RTX 4060', 'rtx-4060-8gb'],
    ['m4 pro', 'apple-m4-pro-20core'],
    ['L40', 'l40-48gb'],
    ['l40s', 'l40s-48gb'],
    ['A10', 'a10-24gb'],
    ['V100 SXM 32GB', 'v100-sxm2-32gb'],
    ['mi300x', 'mi300x-192gb'],
    ['Instinct MI300X 192GB', 'mi300x-192gb'],
    ['v5e', 'tpu-v5e'],
    ['TPU v6e Trillium', 'tpu-v6e'],
    ['TPU v7x Ironwood', 'tpu-v7'],
    ['AWS Trainium1', 'trainium1-32gb'],
    ['Gaudi 3', 'gaudi3-128gb'],
    ['M3 Max 40-Core GPU 64GB', 'apple-m3-max'],
    ['p5.48xlarge', 'h100-sxm-80gb'],
  ] as const)('%s is %s', ([name, id]) => {
    expect(resolveAccelerator(name, accelerators).id).toBe(id)
  })

  test.for([
    ['h100', ['h100-nvl-94gb', 'h100-pcie-80gb', 'h100-sxm-80gb']],
    ['H200', ['h200-nvl-141gb', 'h200-sxm-141gb']],
    ['A100', ['a100-pcie-40gb', 'a100-pcie-80gb', 'a100-sxm-40gb', 'a100-sxm-80gb']],
    ['A100-80GB', ['a100-pcie-80gb', 'a100-sxm-80gb']],
    ['h100 80gb', ['h100-pcie-80gb', 'h100-sxm-80gb']],
    ['RTX6000', ['quadro-rtx-6000-24gb', 'rtx-6000-ada-48gb']],
    ['gh200', ['gh200-144gb', 'gh200-96gb']],
  ] as const)('%s alone is none: it may be %j', ([name, choices]) => {
    const error = refusal(() => resolveAccelerator(name, accelerators))

    expect(error.code).toBe('AMBIGUOUS_ACCELERATOR')
    for (const choice of choices) expect(error.hint).toContain(`"${choice}"`)
    expect(acceleratorsNamed(name, accelerators).map(accelerator => accelerator.id).sort()).toEqual([...choices])
  })

  test.for([['h1000-sxm', 'h100-sxm-80gb'], ['rtx-490', 'rtx-4090-24gb'], ['4090', 'rtx-4090-24gb'], ['tpu', 'tpu-v4']] as const)('%s is unknown, and %s is near', ([name, near]) => {
    const error = refusal(() => resolveAccelerator(name, accelerators))

    expect(error.code).toBe('UNKNOWN_ACCELERATOR')
    expect(error.exit).toBe(2)
    expect(error.hint).toContain(near)
  })

  test('every id means itself', () => {
    for (const accelerator of accelerators) expect(resolveAccelerator(accelerator.id, accelerators)).toBe(accelerator)
  })
})

test('near names are told in any case and without separators', () => {
  expect(nearestNames('H100_sxm', ['a100-sxm-80gb', 'h100-sxm-80gb', 'tpu-v4'])[0]).toBe('h100-sxm-80gb')
})
