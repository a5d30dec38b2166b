import {RIG_NAME, RigEntry} from '../config/schema.ts'
import {RigorError} from '../errors.ts'
import {echo} from '../text/safe.ts'

/** What only the machine's owner can say, by flags. Refused before anything is asked of the machine. */

export function readName(text: string | undefined): string | undefined {
  if (text === undefined || RIG_NAME.test(text)) return text
  throw new RigorError('BAD_FLAG', `--name "${echo(text, 60)}" is not a name that a rig may have.`, {hint: 'Small letters, digits, dots and dashes: --name lab-1.'})
}

export function readPrice(text: string | undefined): string | undefined {
  if (text === undefined || RigEntry.shape.price.safeParse(text).success) return text
  throw new RigorError('BAD_FLAG', `--price "${echo(text, 60)}" is not an amount of money.`, {hint: 'Write it like --price "21000 EUR".'})
}

export function readCountry(text: string | undefined): string | undefined {
  if (text === undefined || /^[A-Za-z]{2}$/.test(text)) return text?.toUpperCase()
  throw new RigorError('BAD_FLAG', `--country "${echo(text, 60)}" is not a country.`, {hint: 'Two letters, as in --country DE.'})
}
