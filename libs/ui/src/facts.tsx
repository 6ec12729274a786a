/** Two-column tables of names and values. */
export function Facts({
  title,
  facts,
}: {
  title: string
  facts: Readonly<Record<string, unknown>>
}) {
  return (
    <section className="section">
      <header>
        <h2>{title}</h2>
      </header>
      <table className="grid">
        <tbody>
          {Object.entries(facts).map(([name, value]) => (
            <tr key={name}>
              <th scope="row" style={{ width: '30%' }}>
                {name}
              </th>
              <td className="mono">{String(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
