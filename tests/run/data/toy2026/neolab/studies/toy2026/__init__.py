"""A study small enough to show what a study is made of: is there a bright spot in a cube of noise?"""
