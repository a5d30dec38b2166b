import {spawn, spawnSync} from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import {tmpdir, userInfo} from 'node:os'
import path from 'node:path'
import {setTimeout as pause} from 'node:timers/promises'
import {afterAll, describe, expect, test} from 'vitest'
import {layOut, recording, type MachineName} from '../detect/machines.ts'
import {PROGRAM, rigor} from './rigor.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) fs.rmSync(folder, {recursive: true, force: true})
})

function newFolder(): string {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'rigor-rig-detect-'))
  folders.push(folder)
  return folder
}

/** A machine of the recordings behind an `ssh` that notes how it was called. */
function behindSsh(name: MachineName): {readonly env: Readonly<Record<string, string>>; readonly argv: () => readonly string[]} {
  const {folder, path: bin, root} = layOut(recording(name))
  folders.push(folder)
  // The last argument is what is to run there; / is that of the recording.
  fs.writeFileSync(path.join(bin, 'ssh'), `#!/bin/sh\nprintf '%s\\n' "$@" >'${folder}/argv'\nfor last; do :; done\nexec $last '${root}'\n`, {mode: 0o755})
  return {env: {PATH: bin}, argv: () => fs.readFileSync(path.join(folder, 'argv'), 'utf8').trimEnd().split('\n')}
}

/** An `ssh` that does these lines of shell. */
function sshThat(lines: string): Readonly<Record<string, string>> {
  const bin = newFolder()
  fs.writeFileSync(path.join(bin, 'ssh'), `#!/bin/sh\n${lines}\n`, {mode: 0o755})
  return {PATH: `${bin}:/usr/bin:/bin`}
}

const settings = (home: string) => ({RIGOR_AS_OF: '2026-11-20', RIGOR_HOME: home, COLUMNS: '100', NO_COLOR: '1'})

describe('rig detect over SSH', () => {
  test.for([['hgx-h100', 'h100-sxm-80gb'], ['h100x10-pcie', 'h100-pcie-80gb'], ['workstation-rtx4090', 'rtx-4090-24gb'], ['laptop-rtx4090', 'rtx-4090-laptop-16gb']] as const)('%s: what it writes is a rig that show and power take', async ([machine, accelerator]) => {
    const cwd = newFolder()
    const {env, argv} = behindSsh(machine)

    const written = await rigor(['rig', 'detect', '--ssh', 'ops@gpu-1:2222', '--name', 'lab', '-o', 'rigor.yaml'], {cwd, env: {...settings(cwd), ...env}})
    const show = await rigor(['rig', 'show', 'lab'], {cwd, env: settings(cwd)})
    const power = await rigor(['rig', 'power', 'lab', '--json'], {cwd, env: settings(cwd)})

    expect([written.code, written.stderr]).toEqual([0, ''])
    expect(written.stdout).toMatch(/^Seen {8}machine/)
    expect(written.stdout).toContain('Not seen')
    expect([show.code, show.stderr]).toEqual([0, ''])
    expect(show.stdout).toContain(accelerator)
    expect([power.code, power.stderr]).toEqual([0, ''])
    expect(JSON.parse(power.stdout)).toMatchObject({rig: 'lab', peakWatts: expect.any(Number) as number})
    expect(argv().slice(-5, -1)).toEqual(['-p', '2222', '--', 'ops@gpu-1'])
    expect(argv().at(-1)).toMatch(/^sh -s [0-9a-f]{32}$/)
  })

  test('the file on stdout, what was seen on stderr; no two runs have the same nonce', async () => {
    const cwd = newFolder()
    const {env, argv} = behindSsh('workstation-rtx4090')
    const run = () => rigor(['rig', 'detect', '--ssh', 'gpu-1', '--name', 'desk'], {cwd, env: {...settings(cwd), ...env}})

    const {code, stdout, stderr} = await run()
    const first = argv().at(-1)
    await run()

    expect(code).toBe(0)
    expect(stdout).toMatch(/^# .*\n\nrigs:\n {2}desk:\n/)
    expect(stderr).toMatch(/^Seen /)
    expect(argv().at(-1)).not.toBe(first)
    expect((await rigor(['rig', 'detect', '--ssh', 'gpu-1', '--quiet'], {cwd, env: {...settings(cwd), ...env}})).stderr).toBe('')
  })

  test('--json', async () => {
    const cwd = newFolder()
    const {env} = behindSsh('no-gpu')

    const {code, stdout} = await rigor(['rig', 'detect', '--ssh', 'gpu-1', '--name', 'old', '--json'], {cwd, env: {...settings(cwd), ...env}})
    const document = JSON.parse(stdout) as {yaml: string}

    expect(code).toBe(0)
    expect(document).toMatchObject({schema: 'rigor.rig-detect/1', name: 'old', rig: {class: 'server'}, seen: expect.arrayContaining([{what: 'memory', value: '125.8 GiB'}]) as unknown, unseen: expect.arrayContaining([expect.objectContaining({what: 'accelerators'})]) as unknown, missing: expect.arrayContaining(['acceleratorId']) as unknown})
    expect(document.yaml).toContain('rigs:')
  })

  test('the key and the known hosts, from the working directory', async () => {
    const cwd = newFolder()
    const {env, argv} = behindSsh('workstation-rtx4090')
    for (const file of ['id', 'known']) fs.writeFileSync(path.join(cwd, file), '')

    await rigor(['rig', 'detect', '--ssh', 'ops@gpu-1', '--ssh-key', 'id', '--ssh-known-hosts', 'known'], {cwd, env: {...settings(cwd), ...env}})

    const real = fs.realpathSync(cwd)
    expect(argv()).toEqual(expect.arrayContaining(['StrictHostKeyChecking=yes', 'BatchMode=yes', `UserKnownHostsFile="${path.join(real, 'known')}"`, 'IdentitiesOnly=yes', path.join(real, 'id')]))
  })

  test.for([
    ['another host key', "echo '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @' >&2; echo 'Host key verification failed.' >&2; exit 255", 6, 'SSH_HOST_KEY'],
    ['an unknown host key', "echo 'No ED25519 host key is known for gpu-1 and you have requested strict checking.' >&2; echo 'Host key verification failed.' >&2; exit 255", 6, 'SSH_HOST_KEY'],
    ['a key that is not taken', "echo 'ops@gpu-1: Permission denied (publickey).' >&2; exit 255", 6, 'SSH_REFUSED'],
    ['nobody there', "echo 'ssh: connect to host gpu-1 port 22: Connection refused' >&2; exit 255", 4, 'SSH_UNREACHABLE'],
    ['a machine without a shell', "echo 'This account is for backups.'; exit 1", 4, 'PROBE_FAILED'],
    ['a script that ends half way', 'for last; do :; done; set -- $last; echo "$3 begin system"; exit 0', 4, 'PROBE_FAILED'],
    ['a machine that never stops', 'exec cat /dev/zero', 4, 'TOO_LARGE'],
  ] as const)('%s', async ([, lines, exit, code]) => {
    const cwd = newFolder()

    const outcome = await rigor(['rig', 'detect', '--ssh', 'ops@gpu-1', '-o', 'lab.yaml'], {cwd, env: {...settings(cwd), ...sshThat(lines)}})

    expect([outcome.code, outcome.stdout]).toEqual([exit, ''])
    expect(outcome.stderr).toMatch(new RegExp(`^Error: .+\nCode: ${code}\nTry this: `, 's'))
    expect(fs.existsSync(path.join(cwd, 'lab.yaml'))).toBe(false)
  })

  test('without an ssh', async () => {
    const cwd = newFolder()

    const {code, stderr} = await rigor(['rig', 'detect', '--ssh', 'ops@gpu-1'], {cwd, env: {...settings(cwd), PATH: newFolder()}})

    expect(code).toBe(2)
    expect(stderr).toContain('Code: PROGRAM_NOT_FOUND')
  })

  test.for([
    [['--ssh', '-oProxyCommand=touch owned'], 'BAD_USAGE'], [['--ssh=-oProxyCommand=touch owned'], 'BAD_USAGE|BAD_FLAG'], [['--ssh', 'ops@-oProxyCommand=x'], 'BAD_FLAG'], [['--ssh', 'ops@gpu-1', '--ssh-key', 'nowhere'], 'FILE_NOT_FOUND'], [['--ssh-key', 'id'], 'BAD_USAGE'],
    [['--name', 'Lab 1'], 'BAD_FLAG'], [['--price', 'much'], 'BAD_FLAG'], [['--country', 'Holland'], 'BAD_FLAG'], [['-o', ''], 'BAD_FLAG'],
  ] as const)('%j is refused before anything is started', async ([args, code]) => {
    const cwd = newFolder()

    const outcome = await rigor(['rig', 'detect', ...args], {cwd, env: {...settings(cwd), ...sshThat(`touch '${cwd}/started'; exit 255`)}})

    expect(outcome.code).toBe(2)
    expect(outcome.stderr).toMatch(new RegExp(`Code: (?:${code})`))
    expect(fs.readdirSync(cwd)).toEqual([])
  })

  test('a file that is there stays, unless --force', async () => {
    const cwd = newFolder()
    const {env} = behindSsh('workstation-rtx4090')
    const file = path.join(cwd, 'lab.yaml')
    fs.writeFileSync(file, 'mine')
    const detect = (...more: string[]) => rigor(['rig', 'detect', '--ssh', 'gpu-1', '-o', 'lab.yaml', ...more], {cwd, env: {...settings(cwd), ...env}})

    const refused = await detect()

    expect([refused.code, fs.readFileSync(file, 'utf8')]).toEqual([2, 'mine'])
    expect(refused.stderr).toContain('Code: FILE_EXISTS')
    expect((await detect('--force')).code).toBe(0)
    expect(fs.readFileSync(file, 'utf8')).toContain('rigs:')
  })

})

describe('ended by a signal, it ends what it started, whatever that ignores', () => {
  test.for([['SIGINT', 'ssh', ['--ssh', 'gpu-1']], ['SIGTERM', 'nvidia-smi', []], ['SIGINT', 'nvidia-smi', []], ['SIGHUP', 'nvidia-smi', []]] as const)('%s, %s', async ([signal, tool, args]) => {
    const cwd = newFolder()
    const bin = newFolder()
    const beats = ['beat', 'child'].map((name) => path.join(cwd, name))
    const [own, child] = beats.map((file) => `while :; do echo . >>'${file}'; sleep 0.05; done`)
    fs.writeFileSync(path.join(bin, tool), `#!/bin/sh\ntrap '' TERM INT HUP\n( ${child} ) &\n${own}\n`, {mode: 0o755})
    const running = spawn(process.execPath, [PROGRAM, 'rig', 'detect', ...args], {cwd, env: {...process.env, ...settings(cwd), PATH: `${bin}:/usr/bin:/bin`}, stdio: 'ignore'})
    const ended = new Promise<readonly unknown[]>((resolve) => running.on('close', (...how) => resolve(how)))
    for (let tries = 0; tries < 200 && !beats.every((file) => fs.existsSync(file)); tries++) await pause(50)

    running.kill(signal)

    expect(await ended).toEqual([null, signal])
    await pause(100)
    const sizes = beats.map((file) => fs.statSync(file).size)
    await pause(400)
    expect(beats.map((file) => fs.statSync(file).size)).toEqual(sizes)
  })
})

test('this machine, as far as it can be seen', async () => {
  const cwd = newFolder()

  const {code, stdout} = await rigor(['rig', 'detect', '--json'], {cwd, env: settings(cwd)})

  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({schema: 'rigor.rig-detect/1', yaml: expect.stringContaining('rigs:') as string})
})

// ---- a real sshd on this machine, where there is one

const SSHD = ['/usr/sbin', '/usr/local/sbin', ...(process.env['PATH'] ?? '').split(':')].map((folder) => path.join(folder, 'sshd')).find((file) => fs.existsSync(file))
const hasSsh = spawnSync('ssh', ['-V']).error === undefined

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const {port} = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('data', () => resolve(true)).on('error', () => resolve(false)).on('close', () => socket.destroy())
  })
}

describe('a real sshd', () => {
  test('lets in with the key, is refused with another host key, and lets nobody in with another key', async ({skip}) => {
    if (SSHD === undefined || !hasSsh) return skip('no sshd or no ssh here')
    const cwd = newFolder()
    const port = await freePort()
    for (const key of ['host', 'other-host', 'user', 'other-user']) spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(cwd, key)])
    const publicKey = (key: string): string => fs.readFileSync(path.join(cwd, `${key}.pub`), 'utf8')
    fs.writeFileSync(path.join(cwd, 'authorized'), publicKey('user'))
    for (const [file, key] of [['known', 'host'], ['changed', 'other-host']] as const) fs.writeFileSync(path.join(cwd, file), `[127.0.0.1]:${port} ${publicKey(key)}`)
    fs.writeFileSync(path.join(cwd, 'empty'), '')
    fs.writeFileSync(path.join(cwd, 'sshd.conf'), ['UsePAM no', 'StrictModes no', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PermitRootLogin prohibit-password', 'PidFile none', `AuthorizedKeysFile ${path.join(cwd, 'authorized')}`, `HostKey ${path.join(cwd, 'host')}`, `Port ${port}`, 'ListenAddress 127.0.0.1', ''].join('\n'))
    const server = spawn(SSHD, ['-D', '-e', '-f', path.join(cwd, 'sshd.conf')], {stdio: ['ignore', 'ignore', 'pipe']})
    let complaint = ''
    server.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaint += chunk))
    try {
      for (let tries = 0; tries < 60 && server.exitCode === null && !(await answers(port)); tries++) await pause(50)
      if (server.exitCode !== null) return skip(`sshd does not start here: ${complaint}`)
      const detect = (key: string, known: string, at = port) => rigor(['rig', 'detect', '--ssh', `${userInfo().username}@127.0.0.1:${at}`, '--ssh-key', key, '--ssh-known-hosts', known, '--name', 'here', '--json'], {cwd, env: settings(cwd)})

      const seen = await detect('user', 'known')
      const unreachable = await detect('user', 'known', await freePort())
      const [changed, unknown, refused] = [await detect('user', 'changed'), await detect('user', 'empty'), await detect('other-user', 'known')]

      const codeOf = ({stdout}: {readonly stdout: string}): unknown => (JSON.parse(stdout) as {error?: {code?: string}}).error?.code
      expect([seen.code, seen.stderr]).toEqual([0, ''])
      expect(JSON.parse(seen.stdout)).toMatchObject({name: 'here', rig: {ssh: {host: '127.0.0.1', port, keyFile: 'user', knownHostsFile: 'known'}}})
      expect([[changed.code, codeOf(changed)], [unknown.code, codeOf(unknown)], [refused.code, codeOf(refused)], [unreachable.code, codeOf(unreachable)]]).toEqual([[6, 'SSH_HOST_KEY'], [6, 'SSH_HOST_KEY'], [6, 'SSH_REFUSED'], [4, 'SSH_UNREACHABLE']])
      expect([fs.readFileSync(path.join(cwd, 'empty'), 'utf8'), fs.readFileSync(path.join(cwd, 'known'), 'utf8').split('\n')]).toMatchObject(['', {length: 2}])
    } finally {
      server.kill()
    }
  }, 60_000)
})
