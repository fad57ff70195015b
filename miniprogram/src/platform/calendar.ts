/** A talk in one's own calendar: a file that the browser's calendar opens, or the phone's calendar in WeChat. */
import type { BookingView } from '@/api/schema'
import { calendarPath } from '@/api/talks'
import { showFile } from '@/platform/file'

export async function addToCalendar(booking: BookingView): Promise<void> {
  // #ifdef H5
  await showFile(calendarPath(booking.id), 'talk.ics', true)
  // #endif
  // #ifdef MP-WEIXIN
  await new Promise<void>((resolve) => {
    wx.addPhoneCalendar({
      title: booking.topic,
      startTime: Date.parse(booking.starts_at) / 1000,
      endTime: String(Date.parse(booking.ends_at) / 1000),
      description: booking.site_name ?? booking.unit_name ?? '',
      complete: () => resolve(),
    })
  })
  // #endif
}
