/** WeChat says aria-role, browsers say role. Templates write aria-role;
 *  the browser build gets both, so that screen readers and tests find the same thing. */
export function ariaRole(node: any) {
  if (process.env.UNI_PLATFORM !== 'h5' || node.type !== 1) return
  for (const p of [...node.props]) {
    if (p.type === 6 && p.name === 'aria-role') node.props.push({ ...p, name: 'role' })
    if (p.type === 7 && p.name === 'bind' && p.arg?.content === 'aria-role') {
      node.props.push({ ...p, arg: { ...p.arg, content: 'role' } })
    }
  }
}
