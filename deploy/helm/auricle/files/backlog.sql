SELECT COALESCE(SUM(GREATEST(seconds, 60)), 0)
FROM task
WHERE queue = :queue
  AND NOT cancel_requested
  AND (state = 'running' OR state = 'queued' AND due_at <= timezone('utc', statement_timestamp()))
