/** The header of every program: title, menu, theme, and what the program adds at the right. */
import { ActionIcon, useMantineColorScheme } from '@mantine/core'

function ThemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const order = ['light', 'dark', 'auto'] as const
  const next = order[(order.indexOf(colorScheme) + 1) % order.length] ?? 'auto'
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`Theme: ${colorScheme}; change to ${next}`}
      title={`Theme: ${colorScheme}`}
      onClick={() => setColorScheme(next)}
    >
      {colorScheme === 'light' ? '☀' : colorScheme === 'dark' ? '☾' : '◐'}
    </ActionIcon>
  )
}

export function Frame({
  title,
  menu,
  tools,
  children,
}: {
  title: React.ReactNode
  menu: React.ReactNode
  tools?: React.ReactNode
  children: React.ReactNode
}) {
  return (
    <>
      <header className="header">
        {title}
        <nav aria-label="Pages">{menu}</nav>
        <span style={{ flex: 1 }} />
        {tools}
        <ThemeButton />
      </header>
      <main className="page">{children}</main>
    </>
  )
}
