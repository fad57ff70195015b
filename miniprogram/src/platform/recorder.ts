/** The microphone as a recorder. Call only after a tap that asks for it. */
import type { ChosenFile } from './file'

export interface Recording {
  /** Ends it, unless it has ended by itself. */
  stop(): void
  /** What was recorded, once it has ended. */
  file: Promise<ChosenFile>
}

/** What browsers write, by which of them: Safari, Chromium, Firefox. */
const KINDS = [['audio/mp4', 'm4a'], ['audio/webm', 'webm'], ['audio/ogg', 'ogg']] as const

/** Records for at most so many seconds; rejects when the microphone may not be used. */
export async function startRecording(seconds: number): Promise<Recording> {
  const name = `voice-${Date.now()}`
  // #ifdef H5
  if (!navigator.mediaDevices || typeof MediaRecorder === 'undefined') throw new Error('no recorder')
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
  const [mimeType, extension] = KINDS.find(([type]) => MediaRecorder.isTypeSupported(type)) ?? KINDS[1]
  const recorder = new MediaRecorder(stream, { mimeType })
  const parts: Blob[] = []
  recorder.ondataavailable = (e) => parts.push(e.data)
  const stop = () => {
    if (recorder.state !== 'inactive') recorder.stop()
  }
  const timer = setTimeout(stop, seconds * 1000)
  const file = new Promise<ChosenFile>((resolve) => {
    recorder.onstop = () => {
      clearTimeout(timer)
      stream.getTracks().forEach((track) => track.stop())
      const blob = new File(parts, `${name}.${extension}`, { type: mimeType })
      resolve({ path: URL.createObjectURL(blob), name: blob.name, size: blob.size, blob })
    }
  })
  recorder.start()
  return { stop, file }
  // #endif
  // #ifdef MP-WEIXIN
  const manager = wx.getRecorderManager()
  return new Promise((begun, refused) => {
    const file = new Promise<ChosenFile>((resolve, reject) => {
      manager.onStop((r) => resolve({ path: r.tempFilePath, name: `${name}.mp3`, size: r.fileSize }))
      manager.onError((e) => {
        refused(new Error(e.errMsg))
        reject(new Error(e.errMsg))
      })
    })
    file.catch(() => undefined)
    manager.onStart(() => begun({ stop: () => manager.stop(), file }))
    manager.start({ duration: seconds * 1000, format: 'mp3', sampleRate: 16000, numberOfChannels: 1, encodeBitRate: 48000 })
  })
  // #endif
}
