import '@mantine/core/styles.css'
import 'uplot/dist/uPlot.min.css'
import '@prom/ui/theme.css'
import '@prom/ui/lists.css'
import { MantineProvider } from '@mantine/core'
import { theme } from '@prom/ui'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <App />
    </MantineProvider>
  </StrictMode>,
)
