import { spansOf } from './timeline-spans.ts'

const at = (...times: number[]) => times.map((time) => [time, '1'] as const)

test('steps without a gap are one span, and an alert is one row whatever its state was', () => {
  const alert = { __name__: 'ALERTS', alertname: 'Down', instance: 'a' }
  expect(
    spansOf(
      [
        { metric: { ...alert, alertstate: 'pending' }, values: at(0, 60) },
        { metric: { ...alert, alertstate: 'firing' }, values: at(120, 180, 600, 660) },
        { metric: { ...alert, instance: 'b', alertstate: 'firing' }, values: at(300) },
      ],
      60,
    ),
  ).toEqual([
    {
      labels: 'instance="a"',
      spans: [
        { state: 'pending', from: 0, to: 60 },
        { state: 'firing', from: 120, to: 180 },
        { state: 'firing', from: 600, to: 660 },
      ],
    },
    { labels: 'instance="b"', spans: [{ state: 'firing', from: 300, to: 300 }] },
  ])
})
