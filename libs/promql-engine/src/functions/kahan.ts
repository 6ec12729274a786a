/** Compensated (Neumaier) summation: `sum` and what rounding lost. Reused, so that loops allocate nothing. */
export class KahanSum {
  sum = 0
  lost = 0

  reset(sum = 0): void {
    this.sum = sum
    this.lost = 0
  }

  add(value: number): void {
    const sum = this.sum
    const total = sum + value
    if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) this.lost = 0
    else if (Math.abs(sum) >= Math.abs(value)) this.lost += sum - total + value
    else this.lost += value - total + sum
    this.sum = total
  }

  result(): number {
    return this.sum === Number.POSITIVE_INFINITY || this.sum === Number.NEGATIVE_INFINITY
      ? this.sum
      : this.sum + this.lost
  }
}
