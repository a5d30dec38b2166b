import {fieldsOf, linkOf, membersOf, readRedfish, type ChassisDocuments, type Fields, type SeenRedfish} from './detect/redfish.ts'
import {RigorError} from './errors.ts'
import {echo} from './text/safe.ts'

const LONGEST_MILLISECONDS = 15_000
const LONGEST_DOCUMENT = 1_000_000
/** A machine has a few chassis and up to a dozen supplies. */
const MOST_CHASSIS = 16
const MOST_SUPPLIES = 32

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** "https://bmc.example.org". Without encryption a password would be readable on the way, and in the address it would stay in histories and lists of processes. */
export function readBmc(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const refuse = (why: string, hint: string): RigorError => new RigorError('BAD_FLAG', `--redfish ${why}`, {hint})
  if (url === undefined || !['https:', 'http:'].includes(url.protocol) || url.pathname !== '/' || url.search !== '' || url.hash !== '') throw refuse(`"${echo(text, 100)}" is not the address of a BMC.`, 'Write it like https://bmc-1.example.org.')
  if (url.username !== '' || url.password !== '') throw refuse('takes no user or password in the address.', 'Set RIGOR_REDFISH_USER and RIGOR_REDFISH_PASSWORD.')
  if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname)) throw refuse(`"${echo(text, 100)}" is not encrypted: a password would be readable on the way.`, 'Write https://.')
  return url
}

export interface RedfishOptions {
  readonly bmc: URL
  readonly environment?: NodeJS.ProcessEnv
  readonly longestMilliseconds?: number
}

/** Asks a BMC what its machine draws and which supplies it has. Reads alone, one document after the other, never beyond the BMC. */
export async function askRedfish({bmc, environment = process.env, longestMilliseconds = LONGEST_MILLISECONDS}: RedfishOptions): Promise<SeenRedfish> {
  const {RIGOR_REDFISH_USER: user, RIGOR_REDFISH_PASSWORD: password} = environment
  const headers = {accept: 'application/json', ...(user !== undefined && password !== undefined && {authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`})}
  const get = (path: string): Promise<Fields> => document(new URL(path, bmc), headers, longestMilliseconds)
  const linked = async (value: unknown): Promise<Fields | undefined> => {
    const path = linkOf(value)
    return path === undefined ? undefined : get(path)
  }
  const chassis: ChassisDocuments[] = []
  for (const path of membersOf(await get('/redfish/v1/Chassis')).slice(0, MOST_CHASSIS)) {
    const found = await get(path)
    const supplies: Fields[] = []
    const list = await linked((await linked(found['PowerSubsystem']))?.['PowerSupplies'])
    for (const member of membersOf(list ?? {}).slice(0, MOST_SUPPLIES)) supplies.push(await get(member))
    chassis.push({power: await linked(found['Power']), metrics: await linked(found['EnvironmentMetrics']), supplies})
  }
  return readRedfish(chassis)
}

async function document(url: URL, headers: Readonly<Record<string, string>>, longestMilliseconds: number): Promise<Fields> {
  const place = `${url.host}${url.pathname}`
  try {
    // Whoever redirects would be given the password as well.
    const response = await fetch(url, {headers, redirect: 'manual', signal: AbortSignal.timeout(longestMilliseconds)})
    if (response.status === 401 || response.status === 403) {
      throw new RigorError('REDFISH_REFUSED', `${echo(place, 200)} lets nobody in with this user and password.`, {hint: 'Set RIGOR_REDFISH_USER and RIGOR_REDFISH_PASSWORD; a user that may only read is enough.', exit: 6})
    }
    if (!response.ok) throw new RigorError('REDFISH_FAILED', `${echo(place, 200)} answered ${response.status}.`, {hint: 'Is it a BMC with Redfish?', exit: 4})
    return fieldsOf(JSON.parse(await textOf(response, place)))
  } catch (error) {
    if (error instanceof RigorError) throw error
    if (error instanceof SyntaxError) throw new RigorError('REDFISH_FAILED', `${echo(place, 200)} is no JSON.`, {hint: 'Is it a BMC with Redfish?', exit: 4})
    throw unreachable(error, place)
  }
}

async function textOf(response: Response, place: string): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > LONGEST_DOCUMENT) throw new RigorError('TOO_LARGE', `${echo(place, 200)} says more than 1 MB.`, {hint: 'It does not answer as a BMC does.', exit: 4})
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function unreachable(error: unknown, place: string): RigorError {
  const {cause} = error as {cause?: {code?: string; message?: string}}
  const code = cause?.code ?? ''
  const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code)
  const why = (error as Error).name === 'TimeoutError' ? 'it did not answer in time' : (cause?.message ?? (error as Error).message)
  return new RigorError('REDFISH_FAILED', `${echo(place, 200)} cannot be read: ${echo(why, 200)}`, {
    hint: isCertificate ? "Name the certificate that signs the BMC's: NODE_EXTRA_CA_CERTS=bmc.pem. It is not trusted unseen." : 'Check address and network.', exit: isCertificate ? 6 : 4,
  })
}
