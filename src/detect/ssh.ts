import type {Ssh} from '../config/schema.ts'
import {RigorError} from '../errors.ts'
import {echo} from '../text/safe.ts'

const DESTINATION = /^(?:(?<user>[A-Za-z_][A-Za-z0-9_.-]{0,63})@)?(?<host>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9._-]{1,20})?\])(?::(?<port>\d{1,5}))?$/

/** `user@host`, `user@host:2222`, `host`, `user@[2001:db8::7]:22`. Nothing that ssh could take for an option. */
export function readDestination(text: string): Pick<Ssh, 'user' | 'host' | 'port'> {
  const {user, host, port} = DESTINATION.exec(text)?.groups ?? {}
  const number = port === undefined ? undefined : Number(port)
  if (host === undefined || (number !== undefined && (number < 1 || number > 65_535))) {
    throw new RigorError('BAD_FLAG', `--ssh "${echo(text, 100)}" is not a place that ssh could go to.`, {hint: 'Write it like user@host, user@host:2222 or user@[2001:db8::7]:22.'})
  }
  return {host: host.replaceAll(/[[\]]/g, ''), ...(user !== undefined && {user}), ...(number !== undefined && {port: number})}
}

/** ssh reads `%` as the start of a token and `$` as that of a variable, and ends a name at a quote. */
function optionPath(path: string, flag: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the very characters to refuse
  if (/["\\$\u0000-\u001f]/.test(path)) throw new RigorError('BAD_FLAG', `${flag} ${echo(path, 200)} — ssh cannot be given a path with quotes, backslashes or "$".`, {hint: 'Give the file another name, or link to it.'})
  return path.replaceAll('%', '%%')
}

/**
 * Arguments for the system's ssh. It asks for nothing, trusts no key that it does not know, writes into no file, shares no connection, and `--`
 * ends its options. `keyFile` and `knownHostsFile` are absolute: ssh expands others. What it runs there holds letters and digits only, as a shell of any sort reads it.
 */
export function sshArguments({host, user, port, keyFile, knownHostsFile}: Ssh, nonce: string): readonly string[] {
  const option = (text: string): readonly string[] => ['-o', text]
  return [
    '-T',
    ...['BatchMode=yes', 'StrictHostKeyChecking=yes', 'UpdateHostKeys=no', 'ConnectTimeout=15', 'ControlPath=none', 'ClearAllForwardings=yes', 'ForwardAgent=no', 'ForwardX11=no', 'PermitLocalCommand=no', 'LogLevel=ERROR'].flatMap(option),
    ...(knownHostsFile === undefined ? [] : ['GlobalKnownHostsFile=/dev/null', `UserKnownHostsFile="${optionPath(knownHostsFile, '--ssh-known-hosts')}"`].flatMap(option)),
    ...(keyFile === undefined ? [] : [...option('IdentitiesOnly=yes'), '-i', optionPath(keyFile, '--ssh-key')]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    user === undefined ? host : `${user}@${host}`,
    `sh -s ${nonce}`,
  ]
}

/** What ssh said when it ended with 255, as an error of rigor's. A host that is not the one it was is never excused. */
export function sshError(stderr: string, {host, port}: Pick<Ssh, 'host' | 'port'>): RigorError {
  const place = `${host}${port === undefined ? '' : `:${port}`}`
  const lines = stderr.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !/^@+$/.test(line))
  const said = echo(lines.at(-1) ?? 'it said nothing', 200)
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|POSSIBLE DNS SPOOFING|REVOKED HOST KEY/i.test(stderr)) {
    return new RigorError('SSH_HOST_KEY', `${place} shows another host key than the one that is known. Nothing was sent to it.`, {hint: 'Either the machine was set up anew, or something else answers in its place. Ask whoever runs it for the new key before you change the known_hosts file.', exit: 6})
  }
  if (/Host key verification failed|host key is known for/i.test(stderr)) {
    return new RigorError('SSH_HOST_KEY', `The host key of ${place} is not known. Nothing was sent to it.`, {hint: `Compare its fingerprint with that on the machine, then keep it: ssh ${port === undefined ? '' : `-p ${port} `}${host}. Or name a file that has it: --ssh-known-hosts FILE.`, exit: 6})
  }
  if (/Permission denied|Too many authentication failures|no mutual signature|No supported authentication methods/i.test(stderr)) {
    return new RigorError('SSH_REFUSED', `${place} lets nobody in with this user and key: ${said}`, {hint: 'Name the key with --ssh-key FILE (readable by you alone: chmod 600), and the user as user@host. Keys with a passphrase have to be in ssh-agent.', exit: 6})
  }
  if (/Could not resolve hostname|Connection refused|timed out|No route to host|Network is unreachable|Connection (?:closed|reset)|kex_exchange_identification|Connection to \S+ closed/i.test(stderr)) {
    return new RigorError('SSH_UNREACHABLE', `${place} cannot be reached: ${said}`, {hint: 'Check name, port and network: does "ssh" get there by itself?', exit: 4})
  }
  return new RigorError('SSH_FAILED', `ssh to ${place} failed: ${said}`, {hint: 'Try the same with "ssh -v".', exit: 4})
}
