/** Style and script of the page. Everything is readable without the script; deleting needs it. */

export const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 0 1rem 3rem; }
header { display: flex; gap: 1.5rem; align-items: center; border-bottom: 1px solid var(--line); }
header nav { flex: 1; display: flex; gap: 1rem; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
details.family { margin-left: 1rem; }
code { border: 1px solid var(--line); border-radius: 4px; padding: 0 .3rem; }
code.job { background: color-mix(in srgb, seagreen 25%, transparent); }
code.instance { background: color-mix(in srgb, orange 25%, transparent); }
button { font: inherit; border-radius: 4px; border: 1px solid var(--line); padding: .1rem .6rem; cursor: pointer; }
.danger { color: #c0392b; float: right; }
.failed { background: #c0392b; color: white; border-radius: 1rem; padding: 0 .6rem; font-style: normal; }
#alert { border: 1px solid #c0392b; padding: .5rem; }
table { border-collapse: collapse; margin: .5rem 0; }
td, th { border: 1px solid var(--line); padding: .2rem .6rem; text-align: left; vertical-align: top; }
time, small { opacity: .7; }
`

export const SCRIPT = `
const prefix = document.body.dataset.prefix
const complain = (text) => {
  const box = document.getElementById('alert')
  box.textContent = text
  box.hidden = false
}
const send = async (method, path) => {
  try {
    const answer = await fetch(prefix + path, { method })
    if (!answer.ok) throw new Error(answer.status + ' ' + (await answer.text()))
    return true
  } catch (err) {
    complain('That did not work: ' + err.message)
    return false
  }
}
document.addEventListener('click', async (event) => {
  const button = event.target.closest('button')
  if (!button) return
  event.preventDefault()
  if (button.id === 'wipe') {
    if (!confirm('Delete all groups and their metrics?')) return
    if (await send('PUT', '/api/v1/admin/wipe')) location.reload()
    return
  }
  const group = button.closest('details')
  const name = group.querySelector('summary').innerText.split('\\n')[0]
  if (!confirm('Delete the group ' + name + ' and its metrics?')) return
  if (!(await send('DELETE', button.dataset.group))) return
  group.remove()
  const count = document.getElementById('count')
  if (count) count.textContent = Number(count.textContent) - 1
})
const key = 'open-groups'
const open = new Set(JSON.parse(sessionStorage.getItem(key) ?? '[]'))
for (const group of document.querySelectorAll('details.group')) {
  const id = group.querySelector('button').dataset.group
  group.open = open.has(id)
  group.addEventListener('toggle', () => {
    if (group.open) open.add(id)
    else open.delete(id)
    sessionStorage.setItem(key, JSON.stringify([...open]))
  })
}
`
