DROP TABLE talk_holidays;
DROP TABLE talk_holiday_years;
DROP TABLE talk_booking_hosts;
ALTER TABLE talk_bookings DROP COLUMN hosting;
ALTER TABLE talk_hosts DROP COLUMN notice_hours;
ALTER TABLE talk_hosts DROP COLUMN buffer_minutes;
