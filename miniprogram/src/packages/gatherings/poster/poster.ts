/** The poster of a gathering, drawn on a canvas of 750 × 1120 for sharing as a picture. */
import { qrModules } from '@/qr'

export const WIDTH = 750
export const HEIGHT = 1120

export interface PosterText { title: string; when: string; where: string; unit: string; hint: string; mark: string }

/** Lines of a text that fit a width, at most so many; what is left over ends in an ellipsis. Breaks after any Chinese
 *  character, and at blanks between words. */
export function linesOf(text: string, width: number, most: number, measure: (text: string) => number): string[] {
  const parts = text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+/g) ?? []
  const lines: string[] = []
  let line = ''
  for (const part of parts) {
    if (!line || measure(line + part) <= width) line += part
    else {
      lines.push(line.trim())
      line = part.trim()
    }
  }
  if (line.trim()) lines.push(line.trim())
  if (lines.length <= most) return lines
  let last = lines[most - 1]
  while (last && measure(`${last}…`) > width) last = last.slice(0, -1)
  return [...lines.slice(0, most - 1), `${last}…`]
}

/** With the mini-program's code when there is one, else with the link's. */
export function draw(context: CanvasRenderingContext2D, text: PosterText, link: string, mini?: CanvasImageSource) {
  const say = (words: string, size: number, colour: string, y: number, most: number, weight = '400'): number => {
    context.font = `${weight} ${size}px "PingFang SC", "Noto Sans SC", "Microsoft YaHei", sans-serif`
    context.fillStyle = colour
    const lines = linesOf(words, WIDTH - 120, most, (part) => context.measureText(part).width)
    lines.forEach((line, n) => context.fillText(line, 60, y + n * size * 1.4))
    return y + lines.length * size * 1.4
  }
  context.textBaseline = 'top'
  context.fillStyle = '#ffffff'
  context.fillRect(0, 0, WIDTH, HEIGHT)
  context.fillStyle = '#0a3868'
  context.fillRect(0, 0, WIDTH, 470)
  say(text.mark, 26, '#d5e3f3', 60, 1)
  say(text.title, 58, '#ffffff', 116, 3, '600')
  say(text.unit, 28, '#d5e3f3', 392, 1)
  let y = say(text.when, 34, '#17212e', 516, 2, '600') + 14
  y = say(text.where, 32, '#3c4858', y, 3)
  const modules = mini ? [] : qrModules(link)
  if (!modules) return
  const cell = mini ? 1 : Math.floor(300 / modules.length)
  const side = mini ? 320 : cell * modules.length
  const left = 60
  const top = HEIGHT - 60 - side
  context.fillStyle = '#17212e'
  if (mini) context.drawImage(mini, left, top, side, side)
  modules.forEach((row, r) => row.forEach((on, c) => on && context.fillRect(left + c * cell, top + r * cell, cell, cell)))
  context.font = '400 28px "PingFang SC", "Noto Sans SC", sans-serif'
  context.fillStyle = '#3c4858'
  const beside = left + side + 36
  linesOf(text.hint, WIDTH - beside - 50, 4, (part) => context.measureText(part).width).forEach((line, n) => context.fillText(line, beside, top + 40 + n * 42))
}
