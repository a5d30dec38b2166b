import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {findNetwork} from '../../src/catalog/network-names.ts'
import {parseNetworkModels} from '../../src/catalog/parse/network-models.ts'

const networks = parseNetworkModels(readFileSync(path.resolve(import.meta.dirname, '../../data/network-models.csv'), 'utf8'))

describe('data/network-models.csv', () => {
  test('every name finds its own network', () => {
    const lost = networks.flatMap(({id, aliases}) => [id, ...aliases].filter(name => findNetwork(name, networks)?.id !== id))

    expect(lost).toEqual([])
  })

  test.for([
    // Published parameters of networks that were counted layer by layer: torchvision (Mask R-CNN, RetinaNet), Ronneberger et al. 2015, nnU-Net's own report.
    ['mask_rcnn_resnet50_fpn', 44.4], ['retinanet_resnet50_fpn', 34.0], ['unet_2d', 31.0], ['nnunet_3d', 31.2],
  ] as const)('%s, counted by layers, has the %d million parameters that are published', ([id, millions]) => {
    expect((networks.find(network => network.id === id)?.parameters ?? Number.NaN) / 1e6).toBeCloseTo(millions, 0)
  })

  test('a value that is written takes from 4 to 9000 FLOP, and parameters of a network that sees are used at least once', () => {
    const odd = networks.filter(({flops, activations}) => flops !== undefined && activations !== undefined && (flops / activations < 4 || flops / activations > 9000))
    const idle = networks.filter(({flops, parameters, input}) => input !== 'text' && flops !== undefined && flops < 0.5 * parameters)

    expect([...odd, ...idle].map(({id}) => id)).toEqual([])
  })

  test('the FLOP of transformers are those of layers and widths, within a tenth', () => {
    const off = networks.flatMap(({id, family, flops = 0, layers = 0, hidden = 0, intermediate = 4 * hidden, patch = 1, reference}) => {
      if (family !== 'vision-transformer') return []
      const n = reference.reduce((product, side) => product * Math.floor(side / patch), 1) + 1
      // EVA-02 gates its feed-forward part: three products instead of two.
      const ratio = (layers * (2 * n * (4 * hidden ** 2 + (id.startsWith('eva02') ? 3 : 2) * hidden * intermediate) + 4 * n ** 2 * hidden)) / flops
      return Math.abs(ratio - 1) > 0.1 ? [`${id}: ${ratio.toFixed(2)}`] : []
    })

    expect(off).toEqual([])
  })
})
