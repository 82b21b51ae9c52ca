"""Scheduled jobs, each due time run once however many processes there are.

schedules   when a job is due
claims      who runs it: a row per due time, with a lease
runner      runs what this process has claimed
"""
