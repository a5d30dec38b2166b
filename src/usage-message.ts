import {didYouMean} from './text/nearest.ts'
import {echo} from './text/safe.ts'

/** What a person gets to read of a flag whose value oclif refused: the flag and its value first, then what was expected. */
export interface UsageMessage {
  readonly message: string
  /** Absent where the command's own help is the next step. */
  readonly hint?: string
}

/** oclif's sentence about a flag, in our words; one that has another form stays as it is. */
export function usageMessage(sentence: string): UsageMessage {
  const text = sentence.replace(/\n?See more help with --help$/, '').trim()
  const number = /^Parsing (--[\w-]+)\s+Expected an integer(?: (greater|less) than or equal to (-?\d+))? but received: ([^]*)$/.exec(text)
  if (number !== null) {
    const [, flag = '', side, bound, value = ''] = number
    const expected = side === undefined ? 'a whole number' : `a whole number of at ${side === 'greater' ? 'least' : 'most'} ${bound}`
    return {message: `${flag} ${echo(value, 60)} — expected ${expected}.`, hint: `Write it like ${flag} ${side === undefined ? '20' : bound}.`}
  }
  const choice = /^Expected (--[\w-]+)=([^]*) to be one of: (.*)$/.exec(text)
  if (choice !== null) {
    const [, flag = '', value = '', list = ''] = choice
    return {message: `${flag} ${echo(value, 60)} — that is none of: ${list}.`, hint: didYouMean(value, list.split(', ')) ?? 'Take one of those.'}
  }
  const absent = /^Flag (--[\w-]+) expects a value$/.exec(text)
  if (absent !== null) return {message: `${absent[1]} needs a value.`}
  return {message: text}
}
