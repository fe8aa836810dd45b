"""The console: pages for the people who run the shop.

`views` turns answers of the hub into what a page says; `render` turns that into HTML. Neither asks the hub anything.
"""
