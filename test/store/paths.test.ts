import {expect, test} from 'vitest'
import {userPaths} from '../../src/store/paths.ts'

test('the XDG folders are used, with their defaults', () => {
  expect(userPaths({}, '/home/ada')).toEqual({
    config: '/home/ada/.config/rigor',
    data: '/home/ada/.local/share/rigor',
    state: '/home/ada/.local/state/rigor',
    cache: '/home/ada/.cache/rigor',
  })
  expect(userPaths({XDG_CONFIG_HOME: '/etc/ada', XDG_DATA_HOME: 'relative/is/ignored'}, '/home/ada')).toMatchObject({config: '/etc/ada/rigor', data: '/home/ada/.local/share/rigor'})
})

test('RIGOR_HOME moves all of them under one folder', () => {
  expect(userPaths({RIGOR_HOME: '/srv/r', XDG_CONFIG_HOME: '/etc/ada'}, '/home/ada')).toEqual({config: '/srv/r/config', data: '/srv/r/data', state: '/srv/r/state', cache: '/srv/r/cache'})
})
