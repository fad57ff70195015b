/** WeChat's rich-text takes no style sheet: the look of paragraphs and tables is written into the (server-cleaned) HTML. */
const styles: Record<string, string> = {
  p: 'margin:0 0 0.9em',
  h2: 'margin:1.4em 0 0.5em;font-size:1.15em;font-weight:600;line-height:1.4',
  h3: 'margin:1.2em 0 0.4em;font-size:1.05em;font-weight:600;line-height:1.4',
  ul: 'margin:0 0 0.9em;padding-left:1.3em',
  ol: 'margin:0 0 0.9em;padding-left:1.5em',
  li: 'margin:0 0 0.3em',
  table: 'width:100%;border-collapse:collapse;margin:0 0 0.9em;font-size:0.9em',
  th: 'padding:6px 8px;border:1px solid #e2e7ee;background:#f4f6f9;text-align:left',
  td: 'padding:6px 8px;border:1px solid #e2e7ee;vertical-align:top',
  blockquote: 'margin:0 0 0.9em;padding-left:12px;border-left:3px solid #b9c3d0;color:#465365',
}

export function readable(html: string): string {
  return html.replace(/<(p|h2|h3|ul|ol|li|table|th|td|blockquote)(?=[\s>])/g, (_, tag) => `<${tag} style="${styles[tag]}"`)
}
