// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are relabel templates
import { Labels } from '@prom/labels'
import { AnchoredRegex } from '@prom/regex'
import { type RelabelOptions, type RelabelRule, relabel } from './relabel.ts'

type Draft = Partial<Omit<RelabelRule, 'regex'>> & { readonly regex?: string }

const rule = ({ regex = '(.*)', ...rest }: Draft): RelabelRule => ({
  action: 'replace',
  sourceLabels: [],
  separator: ';',
  targetLabel: '',
  modulus: 0,
  replacement: '$1',
  ...rest,
  regex: AnchoredRegex.compileInConfig(regex),
})

type Set = Record<string, string>

describe('relabel', () => {
  const f = (input: Set, drafts: Draft[], expected: Set | undefined, options?: RelabelOptions) =>
    expect(relabel(Labels.from(input), drafts.map(rule), options)?.toObject()).toEqual(expected)

  test('replace writes the expanded replacement', () => {
    const source = { sourceLabels: ['a', 'b'] }
    f({ a: 'x', b: 'y' }, [{ ...source, targetLabel: 'c' }], { a: 'x', b: 'y', c: 'x;y' })
    f({ a: 'x' }, [{ ...source, targetLabel: 'c', separator: '-' }], { a: 'x', c: 'x-' })
    f({ a: 'x' }, [{ sourceLabels: ['a'], regex: 'y', targetLabel: 'c' }], { a: 'x' })
    f({ a: 'h:80' }, [{ sourceLabels: ['a'], regex: '(.*):.*', targetLabel: '${1}_port' }], {
      a: 'h:80',
      h_port: 'h',
    })
    f({ a: 'x' }, [{ sourceLabels: ['a'], targetLabel: 'a', replacement: '' }], {})
    f({ a: 'x' }, [{ targetLabel: 'b', replacement: 'const' }], { a: 'x', b: 'const' })
    f({ a: 'x' }, [{ targetLabel: 'b' }], { a: 'x' }) // $1 of an empty source is empty.
  })

  test('replace skips a target that is no label name', () => {
    const draft = { sourceLabels: ['a'], targetLabel: '$1', replacement: 'v' }
    f({ a: '' }, [draft], {})
    f({ a: 'x.y' }, [draft], { a: 'x.y', 'x.y': 'v' })
    f({ a: 'x.y' }, [draft], { a: 'x.y' }, { nameValidation: 'legacy' })
    f({ a: '0' }, [draft], { a: '0' }, { nameValidation: 'legacy' })
  })

  test('keep and drop decide about the whole', () => {
    f({ a: 'x' }, [{ action: 'keep', sourceLabels: ['a'], regex: 'x|y' }], { a: 'x' })
    f({ a: 'z' }, [{ action: 'keep', sourceLabels: ['a'], regex: 'x|y' }], undefined)
    f({ a: 'x' }, [{ action: 'drop', sourceLabels: ['a'], regex: 'x' }], undefined)
    f({ a: 'xx' }, [{ action: 'drop', sourceLabels: ['a'], regex: 'x' }], { a: 'xx' })
    f({ a: 'x' }, [{ action: 'drop', sourceLabels: ['b'], regex: '' }], undefined)
    const equal = { sourceLabels: ['a'], targetLabel: 'b' }
    f({ a: 'x', b: 'x' }, [{ action: 'keepequal', ...equal }], { a: 'x', b: 'x' })
    f({ a: 'x', b: 'y' }, [{ action: 'keepequal', ...equal }], undefined)
    f({ a: 'x', b: 'x' }, [{ action: 'dropequal', ...equal }], undefined)
    f({ a: 'x' }, [{ action: 'dropequal', ...equal }], { a: 'x' })
  })

  test('hashmod takes the last eight bytes of the MD5', () => {
    const draft = (modulus: number): Draft => ({
      action: 'hashmod',
      sourceLabels: ['a'],
      targetLabel: 'h',
      modulus,
    })
    f({ a: 'foo' }, [draft(1000)], { a: 'foo', h: hashModByHand('foo', 1000n) })
    f({ a: 'foo' }, [draft(1)], { a: 'foo', h: '0' })
    f({ a: 'ü' }, [draft(7)], { a: 'ü', h: hashModByHand('ü', 7n) })
    const large = 2 ** 48 + 1
    f({ a: 'foo' }, [draft(large)], { a: 'foo', h: hashModByHand('foo', BigInt(large)) })
  })

  test('labelmap, labeldrop and labelkeep work on names', () => {
    f({ __meta_a: '1', __meta_b: '2' }, [{ action: 'labelmap', regex: '__meta_(.+)' }], {
      __meta_a: '1',
      __meta_b: '2',
      a: '1',
      b: '2',
    })
    f({ a: '1' }, [{ action: 'labelmap', regex: '(a)', replacement: '${1}_x' }], {
      a: '1',
      a_x: '1',
    })
    f({ a: '1', ab: '2', c: '3' }, [{ action: 'labeldrop', regex: 'a.*' }], { c: '3' })
    f({ a: '1', ab: '2', c: '3' }, [{ action: 'labelkeep', regex: 'a.*' }], { a: '1', ab: '2' })
    f({ a: '1' }, [{ action: 'labeldrop', regex: '.*' }], {})
  })

  test('lowercase and uppercase map one character to one', () => {
    const up = { action: 'uppercase', sourceLabels: ['a'], targetLabel: 'b' } as const
    const low = { action: 'lowercase', sourceLabels: ['a'], targetLabel: 'b' } as const
    f({ a: 'abC1' }, [up], { a: 'abC1', b: 'ABC1' })
    f({ a: 'straße ﬁ ᾳ' }, [up], { a: 'straße ﬁ ᾳ', b: 'STRAßE ﬁ ᾼ' })
    f({ a: 'ΟΔΟΣ İ' }, [low], { a: 'ΟΔΟΣ İ', b: 'οδοσ i' })
  })

  test('rules run in order on what the ones before left', () => {
    f(
      { a: 'x' },
      [
        { sourceLabels: ['a'], targetLabel: 'b' },
        { action: 'labeldrop', regex: 'a' },
        { sourceLabels: ['a', 'b'], targetLabel: 'c' },
      ],
      { b: 'x', c: ';x' },
    )
  })

  test('hands back the same object when nothing changed', () => {
    const labels = Labels.from({ a: 'x' })
    expect(relabel(labels, [])).toBe(labels)
    expect(relabel(labels, [rule({ sourceLabels: ['a'], targetLabel: 'a' })])).toBe(labels)
  })
})

function hashModByHand(value: string, modulus: bigint): string {
  const hex: string = require('node:crypto').createHash('md5').update(value).digest('hex')
  return String(BigInt(`0x${hex.slice(16)}`) % modulus)
}
