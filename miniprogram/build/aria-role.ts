/** WeChat says aria-role, browsers say role. Templates write aria-role; the browser build renames it,
 *  so that screen readers and tests find the same thing. TDesign's parts keep it too: some take it as a property. */
export function ariaRole(node: any) {
  if (process.env.UNI_PLATFORM !== 'h5' || node.type !== 1) return
  for (const p of [...node.props]) {
    const fixed = p.type === 6 && p.name === 'aria-role'
    const bound = p.type === 7 && p.name === 'bind' && p.arg?.content === 'aria-role'
    if (!fixed && !bound) continue
    const renamed = fixed ? { ...p, name: 'role' } : { ...p, arg: { ...p.arg, content: 'role' } }
    if (node.tag.startsWith('t-')) node.props.push(renamed)
    else node.props[node.props.indexOf(p)] = renamed
  }
}
