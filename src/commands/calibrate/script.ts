import path from 'node:path'
import {RigorCommand} from '../../command.ts'
import {readTextFile} from '../../store/text-file.ts'

export default class CalibrateScript extends RigorCommand {
  static override summary = 'Print the Python script that measures an accelerator; run it where the GPU is.'
  static override description = 'It needs Python 3.9 and PyTorch (CUDA or ROCm), takes some ten minutes (--quick: one), and sends nothing anywhere. What it writes goes into rigor calibrate add.'
  static override examples = [{description: 'Measure a GPU and take the figures in', command: '<%= config.bin %> calibrate script > measure.py && python3 measure.py -o gpu.json && <%= config.bin %> calibrate add gpu.json'}]

  async run(): Promise<unknown> {
    await this.parse(CalibrateScript)
    const script = readTextFile(path.join(this.packageRoot, 'bench', 'hardware', 'measure.py'), 'measure.py')
    this.print(script)
    return {name: 'measure.py', script}
  }
}
