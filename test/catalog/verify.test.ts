import path from 'node:path'
import {expect, test} from 'vitest'
import {verifyCatalog} from '../../src/catalog/verify.ts'
import {readCatalogFiles} from '../../src/store/snapshot.ts'

const files = readCatalogFiles(path.join(import.meta.dirname, '..', '..', 'data'))

/** What is wrong after one change of one file. */
function messagesAfter(file: string, change: (text: string) => string): readonly string[] {
  const text = files.get(file)!
  const changed = change(text)
  expect(changed).not.toBe(text)
  return verifyCatalog(new Map([...files, [file, changed]]), {today: '2026-11-28'}).map((problem) => `${problem.file}:${problem.at} ${problem.message}`)
}

const addLine = (line: string) => (text: string): string => `${text}${line}\n`
const source = 'karpenter-provider-aws-qbnjw'

test.for([
  ['a price of zero', `p5.48xlarge,vm,on-demand,0,eu-west-1,,${source},2026-07-20,read`, /a price of 0 USD per hour/],
  ['a price that is no number', `p5.48xlarge,vm,on-demand,cheap,eu-west-1,,${source},2026-07-20,read`, /"cheap" is not a number/],
  ['a second price for the same', `p5.48xlarge,vm,on-demand,55.04,us-east-1,,${source},2026-07-20,read`, /p5\.48xlarge on-demand in us-east-1 stands in line \d+, too/],
  ['a machine nobody knows', `p99.48xlarge,vm,on-demand,55.04,us-east-1,,${source},2026-07-20,read`, /there is no machine "p99\.48xlarge"/],
  ['a region that does not exist', `p5.48xlarge,vm,on-demand,55.04,us-moon-1,,${source},2026-07-20,read`, /the region "us-moon-1" is not in regions\.csv/],
  ['a source that is not listed', 'p5.48xlarge,vm,reserved-1y,55.04,us-east-1,,hearsay,2026-07-20,read', /the source "hearsay" is not in sources\.csv/],
  ['a date in the future', `p5.48xlarge,vm,reserved-1y,55.04,us-east-1,,${source},2027-07-20,read`, /2027-07-20 lies in the future/],
  ['a purchase there is not', `p5.48xlarge,vm,barter,55.04,us-east-1,,${source},2026-07-20,read`, /purchase "barter" is not one of/],
  ['a flag there is not', `p5.48xlarge,vm,spot,55.04,us-east-1,shiny,${source},2026-07-20,read`, /"shiny" is no flag/],
  ['spot dearer than on demand', `p5.48xlarge,vm,spot,99,us-east-1:use1-az9,,${source},2026-07-20,read`, /spot at 99 is dearer than on demand at 55\.04/],
] as const)('finds %s', ([, line, message]) => {
  expect(messagesAfter('offers/aws.csv', addLine(line))).toEqual([expect.stringMatching(message)])
})

test.for([
  ['an accelerator nobody knows', 'machines/aws.csv', 'h100-sxm-80gb,8', 'h100-sxm-81gb,8', /there is no accelerator "h100-sxm-81gb"/],
  ['a count that its name denies', 'machines/lambda.csv', 'gpu_8x_h100_sxm5,h100-sxm-80gb,8', 'gpu_8x_h100_sxm5,h100-sxm-80gb,4', /its name says 8 accelerators, the row 4/],
  ['cores taken for chips', 'machines/gcp.csv', 'tpu-v5p-8,tpu-v5p,4', 'tpu-v5p-8,tpu-v5p,8', /its name says 4 accelerators, the row 8/],
  ['the flex-start price as on demand', 'offers/gcp.csv', 'a3-highgpu-8g,vm,on-demand,88.49,', 'a3-highgpu-8g,vm,on-demand,33.606,', /this is the price of flex-start/],
] as const)('finds %s', ([, file, from, to, message]) => {
  expect(messagesAfter(file, (text) => text.replace(from, to)).some((each) => message.test(each))).toBe(true)
})

test('a missing file is told', () => {
  const some = new Map(files)
  some.delete('billing.csv')

  expect(verifyCatalog(some).map((problem) => `${problem.file}: ${problem.message}`)).toContain('billing.csv: the file is missing')
})
