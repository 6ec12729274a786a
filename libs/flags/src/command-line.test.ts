import {
  argument,
  defineCommand,
  defineGroup,
  defineProgram,
  duration,
  existingPath,
  flag,
  goDuration,
  integer,
  listArgument,
  listFlag,
  oneOf,
  printFlagValues,
  readCommandLine,
  switchFlag,
  text,
} from './index.ts'

const version = switchFlag('version', { help: 'Show application version.' })

const daemon = defineProgram({
  name: 'daemon',
  help: 'A daemon.',
  errors: 'server',
  showsNegation: true,
  flags: {
    version,
    configFile: flag('config.file', text, { help: 'Configuration file.', default: 'd.yml' }),
    listen: listFlag('web.listen-address', text, { help: 'Where.', default: '0.0.0.0:1' }),
    timeout: flag('timeout', duration, { help: 'How long.', default: '2m' }),
    pause: flag('pause', goDuration, { help: 'Between.', default: '1m0s' }),
    count: flag('count', integer, { help: 'How many.', short: 'n' }),
    lifecycle: switchFlag('lifecycle', { help: 'Whether.' }),
    format: flag('format', oneOf('text', 'json'), { help: 'Which.', short: 'o', default: 'text' }),
    secret: flag('secret', text, { help: 'None.', isHidden: true }),
  },
})

function read(argv: string[]) {
  let stdout = ''
  let stderr = ''
  const result = readCommandLine(daemon, argv, {
    stdout: { write: (out) => (stdout += out) },
    stderr: { write: (out) => (stderr += out) },
    version: 'daemon, version 1',
  })
  return { result, stdout, stderr }
}

test('values come typed, with defaults where nothing is given', () => {
  const f = (line: string, expected: object) => {
    const { result, stderr } = read(line === '' ? [] : line.split(' '))
    expect(stderr).toBe('')
    expect('flags' in result && result.flags).toMatchObject(expected)
  }
  f('', { configFile: 'd.yml', listen: ['0.0.0.0:1'], timeout: 120_000, pause: 60_000 })
  f('', { count: undefined, lifecycle: false, format: 'text' })
  f('--config.file=a --timeout 1h30m', { configFile: 'a', timeout: 5_400_000 })
  f('--config.file=--x', { configFile: '--x' })
  f('--web.listen-address=a --web.listen-address=b', { listen: ['a', 'b'] })
  f('--lifecycle', { lifecycle: true })
  f('--no-lifecycle', { lifecycle: false })
})

test('short flags take glued values and stand in groups', () => {
  const { result } = read(['-n5', '-ojson'])
  expect('flags' in result && result.flags).toMatchObject({ count: 5, format: 'json' })
})

test('errors read as the original says them', () => {
  const value = (line: string, error: string) => {
    const { result, stdout, stderr } = read(line.split(' '))
    expect(stderr).toBe(`Error parsing command line arguments: ${error}\n`)
    expect(stdout).toMatch(/^usage: daemon \[<flags>\]\n\nA daemon\.\n\n\nFlags:\n/)
    expect(result).toEqual({ exitCode: 2 })
  }
  value('--count=x', 'strconv.ParseFloat: parsing "x": invalid syntax')
  value('--timeout=5', 'not a valid duration string: "5"')
  value('--pause=1y', 'time: unknown unit "y" in duration "1y"')
  value('--format=xml', `enum value must be one of text,json, got 'xml'`)
  value('--timeout=1m --timeout=2m', `flag 'timeout' cannot be repeated`)

  const line = (given: string, error: string) => {
    const { result, stdout, stderr } = read(given.split(' '))
    expect(stderr).toBe(`Error parsing command line arguments: ${error}\ndaemon: error: ${error}\n`)
    expect(stdout).toBe('')
    expect(result).toEqual({ exitCode: 1 })
  }
  line('--nope', `unknown long flag '--nope'`)
  line('--no-config.file', `unknown long flag '--no-config.file'`)
  line('-x', `unknown short flag '-x'`)
  line('foo', 'unexpected foo')
  line('--lifecycle=false', 'unexpected false')
  line('--config.file', `expected argument for flag '--config.file'`)
  line('--config.file --lifecycle', `expected argument for flag '--config.file'`)
})

test('the version is printed even where the line is wrong after it', () => {
  expect(read(['--version', '--nope'])).toMatchObject({
    result: { exitCode: 0 },
    stdout: 'daemon, version 1\n',
  })
})

test('help lists flags in two columns and hides hidden ones', () => {
  const { stdout, result } = read(['--help'])
  expect(result).toEqual({ exitCode: 0 })
  expect(stdout).toBe(
    [
      'usage: daemon [<flags>]',
      '',
      'A daemon.',
      '',
      '',
      'Flags:',
      '  -h, --[no-]help            Show context-sensitive help (also try --help-long',
      '                             and --help-man).',
      '      --[no-]version         Show application version.',
      '      --config.file="d.yml"  Configuration file.',
      '      --web.listen-address=0.0.0.0:1 ...  ',
      '                             Where.',
      '      --timeout=2m           How long.',
      '      --pause=1m0s           Between.',
      '  -n, --count=COUNT          How many.',
      '      --[no-]lifecycle       Whether.',
      '  -o, --format=text          Which.',
      '',
      '',
    ].join('\n'),
  )
})

const ran: unknown[] = []
const tool = defineProgram({
  name: 'tool',
  help: 'A tool.',
  showsNegation: true,
  flags: { version, url: flag('url', text, { help: 'Where.', default: 'http://x' }) },
  commands: [
    defineGroup({
      name: 'check',
      help: 'Check things.',
      commands: [
        defineCommand({
          name: 'files',
          help: 'Check files.',
          flags: { deep: switchFlag('deep', { help: 'Look closer.', short: 'd' }) },
          args: {
            first: argument('first', text, { help: 'One.', isRequired: true }),
            others: listArgument('others', text, { help: 'More.' }),
          },
          run: async (values, context: string) => {
            ran.push({ ...values, context })
            return 3
          },
        }),
        defineCommand({
          name: 'range',
          help: 'Check a range.',
          flags: {
            start: flag('start', text, { help: 'From.', isRequired: true }),
            end: flag('end', text, { help: 'To.', isRequired: true }),
          },
          run: async () => 0,
        }),
      ],
    }),
    defineGroup({
      name: 'alert',
      help: 'Alerts.',
      commands: [
        defineCommand({
          name: 'query',
          help: 'Look at alerts.',
          isDefault: true,
          flags: { active: switchFlag('active', { help: 'Only those.', short: 'a' }) },
          args: { matchers: listArgument('matchers', text, { help: 'Which.' }) },
          run: async (values) => {
            ran.push(values)
            return 0
          },
        }),
        defineCommand({ name: 'add', help: 'Add one.', run: async () => 7 }),
      ],
    }),
  ],
})

function readTool(line: string) {
  let stdout = ''
  let stderr = ''
  const result = readCommandLine(tool, line === '' ? [] : line.split(' '), {
    stdout: { write: (out) => (stdout += out) },
    stderr: { write: (out) => (stderr += out) },
    version: 'tool, version 1',
    defaults: { url: 'http://config' },
  })
  return { result, stdout, stderr }
}

test('a command runs with its own flags and arguments, wherever the flags stand', async () => {
  const { result } = readTool('check --url=u files a -d b c')
  if ('exitCode' in result) throw new Error('did not parse')
  expect(result.command).toBe('check files')
  expect(result.flags.url).toBe('u')
  expect(await result.run('ctx')).toBe(3)
  expect(ran.pop()).toEqual({ deep: true, first: 'a', others: ['b', 'c'], context: 'ctx' })
})

test('a default command is taken when its group is not told which', async () => {
  for (const line of ['alert x=y -a', 'alert -a x=y', 'alert query -a -- x=y']) {
    const { result } = readTool(line)
    if ('exitCode' in result) throw new Error(`did not parse: ${line}`)
    expect(result.flags.url).toBe('http://config')
    await result.run('')
    expect(ran.pop()).toEqual({ active: true, matchers: ['x=y'] })
  }
  const { result } = readTool('alert')
  expect('command' in result && result.command).toBe('alert query')
})

test('a wrong command line of a tool says why, in one line', () => {
  const f = (line: string, error: string) => {
    const { result, stderr } = readTool(line)
    expect(stderr).toBe(`tool: error: ${error}, try --help\n`)
    expect(result).toEqual({ exitCode: 1 })
  }
  f('nope', 'expected command but got "nope"')
  f('check', `must select a subcommand of 'check'`)
  f('check files', `required argument 'first' not provided`)
  f('check range --end=3', `required flag(s) '--start' not provided`)
  f('check range', `required flag(s) '--start', '--end' not provided`)
  f('check range --start=1 --end=2 x', 'unexpected x')
})

test('help names commands with their flags and arguments', () => {
  expect(readTool('').stdout).toContain(
    [
      'Commands:',
      'help [<command>...]',
      '    Show help.',
      '',
      'check files [<flags>] <first> [<others>...]',
      '    Check files.',
      '',
      'check range --start=START --end=END',
      '    Check a range.',
      '',
      'alert query* [<flags>] [<matchers>...]',
    ].join('\n'),
  )
  expect(readTool('help check files').stdout).toBe(readTool('check files --help').stdout)
  expect(readTool('help nope').result).toEqual({ exitCode: 1 })
})

test('a path that does not exist is refused', () => {
  expect(() => existingPath(() => false).parse('x')).toThrow(`path 'x' does not exist`)
  expect(existingPath(() => true).parse('x')).toBe('x')
})

test('values print as status/flags shows them, sorted by name', () => {
  const { result } = read(['--timeout=90m', '--web.listen-address=a', '--web.listen-address=b'])
  if ('exitCode' in result) throw new Error('did not parse')
  expect(Object.entries(printFlagValues(daemon, result.flags))).toEqual([
    ['config.file', 'd.yml'],
    ['count', ''],
    ['format', 'text'],
    ['lifecycle', 'false'],
    ['pause', '1m0s'],
    ['secret', ''],
    ['timeout', '1h30m'],
    ['web.listen-address', 'a,b'],
  ])
})
