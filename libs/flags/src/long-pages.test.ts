import { defineCommand, defineGroup, defineProgram, flag, switchFlag } from './define.ts'
import { readCommandLine } from './index.ts'
import { text } from './kinds.ts'

const version = switchFlag('version', { help: 'Show version.' })
const program = defineProgram({
  name: 'tool',
  help: 'A tool.',
  flags: { file: flag('file', text, { help: 'A file.', default: 'x' }), version },
  commands: [
    defineGroup({
      name: 'check',
      help: 'Checks.',
      commands: [
        defineCommand({
          name: 'rules',
          help: 'Checks rules.',
          flags: { lint: flag('lint', text, { help: 'What to look for.', default: 'all' }) },
          args: {},
          run: async () => 0,
        }),
      ],
    }),
  ],
})

function run(argv: readonly string[], files: Readonly<Record<string, string>> = {}) {
  let out = ''
  const to = { write: (piece: string) => void (out += piece) }
  const reader = {
    readTextSync: (path: string) => {
      if (path in files) return files[path] as string
      throw Object.assign(new Error('gone'), { code: 'ENOENT' })
    },
  }
  const output = { stdout: to, stderr: to, version: 'tool 1', files: reader, cwd: '/home' }
  const line = readCommandLine(program, argv, output)
  return { line, out }
}

test('the long page has every command with its flags', () => {
  const { line, out } = run(['--help-long'])
  expect(line).toEqual({ exitCode: 0 })
  expect(out).toContain(
    'check rules [<flags>]\n    Checks rules.\n\n    --lint="all"  What to look for.\n',
  )
})

test('the manual page is troff', () => {
  const { out } = run(['--help-man'])
  expect(out).toMatch(/^\.TH tool 1 tool 1\n\.SH "NAME"\ntool\n/)
  expect(out).toContain('.SS\n\\fBcheck rules [<flags>]\\fR\n.PP\nChecks rules.\n.TP\n')
})

test('shells complete commands and flags', () => {
  expect(run(['--completion-bash', '']).out).toBe('help\ncheck')
  expect(run(['--completion-bash', 'check', '']).out).toBe('rules')
  expect(run(['--completion-bash', 'check', 'rules', '--l']).out).toBe(
    '--lint\n--help\n--file\n--version',
  )
  expect(run(['--completion-script-bash']).out).toContain('complete -F _tool_bash_autocomplete')
  expect(run(['--completion-script-zsh']).out).toContain('#compdef tool')
})

test('@file stands for the words in it', () => {
  const files = { '/home/args': '# what to do\ncheck\n\nrules\n--file=a b\n' }
  const { line } = run(['@args', '--lint', 'none'], files)
  expect('flags' in line && line.flags.file).toBe('a b')
  expect('command' in line && line.command).toBe('check rules')
  expect(run(['@gone']).out).toContain(
    'failed to open arguments file "gone": open gone: no such file or directory',
  )
})
