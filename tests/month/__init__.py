"""A month in a minute: a thousand leads, one virtual clock, and everything recounted from the phones' own log.

What is real: the store's SQL functions on a Postgres, the flows, the dispatcher, the assistant without a model, the form's and the
deliveries' parsers, the files of bills. What is played: time, Prefect (`prefect_model`, which a story test holds to the real one),
and WhatsApp, which is a log in this process: over HTTP a month of a thousand leads would take most of an hour.
"""
