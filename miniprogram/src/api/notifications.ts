import { http } from '.'
import type { Inbox, SubscriptionView } from './contract'

export const listNotifications = (query: { unread?: boolean; cursor?: string; limit?: number } = {}) =>
  http.get<Inbox>('/notifications', query)
export const readNotification = (id: string, key: string) => http.post<void>(`/notifications/${id}/reads`, {}, key)
export const readAllNotifications = (key: string) => http.post<void>('/notifications/reads', {}, key)
export const listSubscriptions = () => http.get<{ items: SubscriptionView[] }>('/notifications/subscriptions')
export const subscribe = (accepted: string[], key: string) => http.post<void>('/notifications/subscriptions', { accepted }, key)
