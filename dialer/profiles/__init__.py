"""The cities' profiles: one TOML file each in dialer/cities, read whole or not at all.

files            which cities there are; reading a file together with what all have in common
parts            the small values of a file: hours, days of the year, minutes
calendar_tables  [calendar]
due_tables       [[due]]
rule_tables      [completion], [contact], [sms]
plan_tables      [plan]
layout_tables    [[layout]]
log_tables       [log]
password_tables  [password]
talk_tables      [result], [talk], [[department]]
warning_tables   [warnings]
scripts          the talk scripts beside the profiles
profile          the whole file, as a City
document         looking into a file as it was written
checks           what no table can see alone: names that must exist elsewhere, ladders without end
calendar_checks  the same for the calendar
talk_checks      the same for the results of talks
problems         every problem as one line: file, place, what is wrong, how to mend it
watch            a file that changes while the engine runs

    ProfileError   a profile that cannot be used; its text has one line for each problem
"""

from dialer.profiles.files import FOLDER, cities, load_city
from dialer.profiles.problems import ProfileError
from dialer.profiles.watch import ProfileWatch

__all__ = ["FOLDER", "ProfileError", "ProfileWatch", "cities", "load_city"]
