"""Behind :class:`Translator`: services, requests, retries and the cache on disk."""
