import { createSelfMetrics } from './self-metrics.ts'

test('each type has its own field, and counts of 64 bits are strings', async () => {
  const endpoint = createSelfMetrics(async () => [
    { name: 'a_total', help: 'A.', type: 'counter', points: [{ labels: ['x', 'y'], value: 2 }] },
    {
      name: 'b_seconds',
      help: undefined,
      type: 'histogram',
      points: [
        {
          labels: [],
          value: {
            count: 3,
            sum: 1.5,
            buckets: [
              { le: 1, count: 2 },
              { le: Infinity, count: 3 },
            ],
          },
        },
      ],
    },
    {
      name: 'c_seconds',
      help: 'C.',
      type: 'summary',
      points: [
        {
          labels: [],
          value: { count: 1, sum: 2, quantiles: [{ quantile: 0.5, value: Number.NaN }] },
        },
      ],
    },
  ])
  const { data } = await endpoint({
    params: new URLSearchParams(),
  } as unknown as Parameters<typeof endpoint>[0])
  expect(data).toEqual([
    {
      name: 'a_total',
      help: 'A.',
      type: 'COUNTER',
      metric: [{ label: [{ name: 'x', value: 'y' }], counter: { value: 2 } }],
    },
    {
      name: 'b_seconds',
      help: '',
      type: 'HISTOGRAM',
      metric: [
        {
          histogram: {
            sampleCount: '3',
            sampleSum: 1.5,
            bucket: [
              { cumulativeCount: '2', upperBound: 1 },
              { cumulativeCount: '3', upperBound: 'Infinity' },
            ],
          },
        },
      ],
    },
    {
      name: 'c_seconds',
      help: 'C.',
      type: 'SUMMARY',
      metric: [
        {
          summary: { sampleCount: '1', sampleSum: 2, quantile: [{ quantile: 0.5, value: 'NaN' }] },
        },
      ],
    },
  ])
})
