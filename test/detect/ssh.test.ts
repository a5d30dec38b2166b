import {describe, expect, test} from 'vitest'
import {readDestination, sshArguments, sshError} from '../../src/detect/ssh.ts'
import {RigorError} from '../../src/errors.ts'

const NONCE = '0123456789abcdef0123456789abcdef'

describe('where to', () => {
  test.for([
    ['ops@gpu-1', {user: 'ops', host: 'gpu-1'}], ['ops@gpu-1.example.org:2222', {user: 'ops', host: 'gpu-1.example.org', port: 2222}], ['gpu-1', {host: 'gpu-1'}], ['a@203.0.113.7:22', {user: 'a', host: '203.0.113.7', port: 22}], ['a@[2001:db8::7]:22', {user: 'a', host: '2001:db8::7', port: 22}],
  ] as const)('%s', ([text, place]) => {
    expect(readDestination(text)).toEqual(place)
  })

  test.for(['', '-oProxyCommand=touch x', 'ops@-oProxyCommand=x', '-l@host', 'ops@host:0', 'ops@host:65536', 'ops@host:22:23', 'ops@host name', 'ops@host;id', 'ops@$(id)', 'a b@host', 'ops@host\n', 'ops@host/..', '@host', 'ops@', 'ssh://ops@host', `ops@${'h'.repeat(300)}`, 'ops@[::1', 'öps@host', "ops@h'"])('%j is refused', (text) => {
    expect(() => readDestination(text)).toThrow(/--ssh/)
  })
})

describe('arguments', () => {
  test('nothing is asked, trusted, shared or written; options end before the place', () => {
    const argv = sshArguments({host: 'gpu-1', user: 'ops', port: 2222, keyFile: '/keys/id 1', knownHostsFile: '/keys/100% known'}, NONCE)

    expect(argv).toEqual([
      '-T', ...['BatchMode=yes', 'StrictHostKeyChecking=yes', 'UpdateHostKeys=no', 'ConnectTimeout=15', 'ControlPath=none', 'ClearAllForwardings=yes', 'ForwardAgent=no', 'ForwardX11=no', 'PermitLocalCommand=no', 'LogLevel=ERROR', 'GlobalKnownHostsFile=/dev/null', 'UserKnownHostsFile="/keys/100%% known"', 'IdentitiesOnly=yes'].flatMap((option) => ['-o', option]),
      '-i', '/keys/id 1', '-p', '2222', '--', 'ops@gpu-1', `sh -s ${NONCE}`,
    ])
    expect(sshArguments({host: 'gpu-1'}, NONCE).slice(-3)).toEqual(['--', 'gpu-1', `sh -s ${NONCE}`])
  })

  test.for(['/a"b', '/a$HOME', '/a\nb', '/a\\b'])('a path that ssh would read otherwise is refused: %j', (file) => {
    expect(() => sshArguments({host: 'h', knownHostsFile: file}, NONCE)).toThrow(/--ssh-known-hosts/)
    expect(() => sshArguments({host: 'h', keyFile: file}, NONCE)).toThrow(/--ssh-key/)
  })
})

/** What OpenSSH says. */
const CHANGED = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Host key verification failed.
`

describe('what ssh complains of', () => {
  test.for([
    [CHANGED, 'SSH_HOST_KEY', 6, /another host key/],
    ['No ED25519 host key is known for gpu-1 and you have requested strict checking.\nHost key verification failed.\n', 'SSH_HOST_KEY', 6, /is not known/],
    ['ops@gpu-1: Permission denied (publickey).\n', 'SSH_REFUSED', 6, /lets nobody in/],
    ['Received disconnect from 203.0.113.7 port 22:2: Too many authentication failures\n', 'SSH_REFUSED', 6, /lets nobody in/],
    ['ssh: Could not resolve hostname gpu-1: Name or service not known\n', 'SSH_UNREACHABLE', 4, /Name or service not known/],
    ['ssh: connect to host gpu-1 port 22: Connection refused\n', 'SSH_UNREACHABLE', 4, /Connection refused/],
    ['ssh: connect to host gpu-1 port 22: Connection timed out\n', 'SSH_UNREACHABLE', 4, /timed out/],
    ['ssh: connect to host gpu-1 port 22: No route to host\n', 'SSH_UNREACHABLE', 4, /No route/],
    ['kex_exchange_identification: Connection closed by remote host\n', 'SSH_UNREACHABLE', 4, /closed by remote/],
    ['command-line: line 0: Bad configuration option: nonsense\n', 'SSH_FAILED', 4, /Bad configuration/],
    ['', 'SSH_FAILED', 4, /said nothing/],
  ] as const)('%j', ([stderr, code, exit, message]) => {
    const error = sshError(stderr, {host: 'gpu-1', port: 22})

    expect(error).toBeInstanceOf(RigorError)
    expect([error.code, error.exit, error.hint]).toEqual([code, exit, expect.any(String)])
    expect(error.message).toMatch(message)
  })

  test('is echoed without what steers a terminal', () => {
    expect(sshError('\u001b]0;owned\u0007ops@h: Permission denied (publickey).', {host: 'h'}).message).toContain('\\u{1b}]0;owned\\u{7}')
  })
})
