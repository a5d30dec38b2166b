import * as Args from '@oclif/core/args'
import {RigorCommand} from '../command.ts'
import {RigorError} from '../errors.ts'
import {TOPICS, type Topic} from '../glossary.ts'
import {paint, wrap} from '../report/layout.ts'
import {didYouMean} from '../text/nearest.ts'

export default class Explain extends RigorCommand {
  static override summary = 'Explain a term of the answers; without one, list them.'
  static override args = {topic: Args.string({ignoreStdin: true, description: 'A term, such as bottleneck, near-tie or target.'})}
  static override examples = [
    {description: 'What limits the speed', command: '<%= config.bin %> explain bottleneck'},
    {description: 'How to write a target', command: '<%= config.bin %> explain target'},
    {description: 'All terms', command: '<%= config.bin %> explain'},
  ]

  async run(): Promise<unknown> {
    const {args} = await this.parse(Explain)
    if (args.topic === undefined) {
      this.print(this.list())
      return {topics: TOPICS.map(({id, summary}) => ({id, summary}))}
    }
    const topic = findTopic(args.topic)
    this.print(this.page(topic))
    return topic
  }

  private list(): string {
    const {columns, color} = this.terminal
    const widest = Math.max(...TOPICS.map((topic) => topic.id.length))
    const lines = TOPICS.flatMap((topic) => wrap(topic.summary, columns, {first: `${topic.id.padEnd(widest)}  `, rest: ' '.repeat(widest + 2)}))
    return paint(lines, color)
  }

  private page(topic: Topic): string {
    const {columns, color} = this.terminal
    const width = Math.min(columns, 100)
    const blocks = [wrap([{text: topic.summary, style: 'bold'}], width), ...topic.text.split('\n\n').map((block) => (block.startsWith('  ') ? verbatim(block) : wrap(block, width)))]
    if (topic.see) blocks.push(wrap([{text: `See also: ${topic.see.join(', ')}`, style: 'dim'}], width))
    return blocks.map((block) => paint(block, color)).join('\n')
  }
}

/** An indented block of a text stays as it is written. */
function verbatim(block: string): {text: string}[][] {
  return block.split('\n').map((line) => [{text: line}])
}

function findTopic(wanted: string): Topic {
  const id = wanted.toLowerCase().replaceAll(/[\s_]+/g, '-')
  const found = TOPICS.find((topic) => topic.id === id || topic.aliases?.includes(id))
  if (found) return found
  const near = didYouMean(id, TOPICS.flatMap((topic) => [topic.id, ...(topic.aliases ?? [])]))
  throw new RigorError('UNKNOWN_TOPIC', `"${wanted}" is not a term that rigor explains.`, {hint: near ?? 'rigor explain lists the terms.'})
}
