import {
  addAnswerBytes,
  clearThread,
  createLedger,
  heldByThread,
  heldBytes,
  threadAccount,
} from './memory-ledger.ts'

const MIB = 1 << 20

test('a query gets what the others leave, and a small one always something', () => {
  const ledger = createLedger(2, 100 * MIB)
  const a = threadAccount(ledger, 0)
  const b = threadAccount(ledger, 1)
  expect(a.report(80 * MIB)).toBe(true)
  expect(b.report(30 * MIB)).toBe(false)
  expect(b.report(10 * MIB)).toBe(true)
  expect(heldByThread(ledger, 1)).toBe(10 * MIB)
  clearThread(ledger, 0)
  expect(b.report(30 * MIB)).toBe(true)
})

test('answers on their way count until they are gone', () => {
  const ledger = createLedger(1, 100 * MIB)
  addAnswerBytes(ledger, 90 * MIB + 1)
  expect(threadAccount(ledger, 0).report(20 * MIB)).toBe(false)
  addAnswerBytes(ledger, -(90 * MIB + 1))
  expect(heldBytes(ledger)).toBe(20 * MIB)
  expect(threadAccount(ledger, 0).report(20 * MIB)).toBe(true)
})

test('without a limit everything is granted', () => {
  expect(threadAccount(createLedger(1, 0), 0).report(10 * 1024 * MIB)).toBe(true)
})
